// A document loader over what was handed over: contexts, status lists, and the keys and documents behind DIDs.

import {asked, web} from './offline.mjs';

const MULTIKEY = 'https://w3id.org/security/multikey/v1';
const DID = 'https://www.w3.org/ns/did/v1';
const SUITE_2020 = 'https://w3id.org/security/suites/ed25519-2020/v1';

/** Gives {contextUrl, document, documentUrl} as JSON-LD processors want it; throws for whatever was not handed over. */
export async function documentLoader(url) {
  return {contextUrl: null, documentUrl: url, document: structuredClone(find(url)), tag: 'static'};
}

function find(url) {
  if(!url.startsWith('did:')) {
    return from(url);
  }
  const [did, fragment] = url.split('#');
  const document = did.startsWith('did:key:') ? keyDocument(did) : from(addressOf(did));
  if(fragment === undefined) {
    return document;
  }
  const method = document.verificationMethod.find(one => one.id === url);
  if(!method) {
    throw new Error(`NotFoundError: the DID document has no "${url}"`);
  }
  return {'@context': method.type === 'Multikey' ? MULTIKEY : SUITE_2020, ...method};
}

function from(url) {
  asked.add(url);
  if(!web.has(url)) {
    throw new Error(`NotFoundError loading "${url}": it was not handed over`);
  }
  return web.get(url);
}

/** did:web to the address of its document (did:web method specification, "Read (Resolve)"). */
function addressOf(did) {
  const [host, ...path] = did.slice('did:web:'.length).split(':').map(decodeURIComponent);
  return `https://${host}/${path.length ? path.join('/') : '.well-known'}/did.json`;
}

function keyDocument(did) {
  const publicKeyMultibase = did.slice('did:key:'.length);
  const id = `${did}#${publicKeyMultibase}`;
  return {
    '@context': [DID, MULTIKEY],
    id: did,
    verificationMethod: [{id, type: 'Multikey', controller: did, publicKeyMultibase}],
    assertionMethod: [id],
    authentication: [id]
  };
}
