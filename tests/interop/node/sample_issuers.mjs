// Who issues the samples: issuers by did:key, by did:jwk and by did:web, each with keys made for this run alone.

import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import {generateKeyPair} from 'jose';

const MULTIKEY = 'https://w3id.org/security/multikey/v1';

/** A Multikey pair of a curve: Ed25519, P-256 or P-384. */
export async function multikey(curve) {
  return curve === 'Ed25519' ? Ed25519Multikey.generate() : EcdsaMultikey.generate({curve});
}

/** The pair under the name that its did:key gives it. */
export async function didKey(curve) {
  const pair = await multikey(curve);
  const {publicKeyMultibase} = await pair.export({publicKey: true});
  pair.controller = `did:key:${publicKeyMultibase}`;
  pair.id = `${pair.controller}#${publicKeyMultibase}`;
  return pair;
}

/** A pair for signed JWTs, as {privateKey, publicJwk}. */
export async function jwkPair(algorithm) {
  const {publicKey, privateKey} = await generateKeyPair(algorithm, {extractable: true, modulusLength: 2048});
  const jwk = await crypto.subtle.exportKey('jwk', publicKey);
  const publicJwk = Object.fromEntries(
    ['crv', 'e', 'kty', 'n', 'x', 'y'].filter(name => name in jwk).map(name => [name, jwk[name]]));
  return {algorithm, privateKey, publicJwk};
}

/** The pair as {…, did, id} under its did:jwk. */
export async function didJwk(algorithm) {
  const pair = await jwkPair(algorithm);
  const did = `did:jwk:${Buffer.from(JSON.stringify(pair.publicJwk)).toString('base64url')}`;
  return {...pair, did, id: `${did}#0`};
}

/**
 * A did:web issuer with a key of every kind, and its document.
 *
 * `keys` maps a fragment to a Multikey pair, `jwks` to a pair for JWTs. `spare` is a key that the document lists, but
 * not for assertions; `legacy` one in the form that Ed25519Signature2020 asks for.
 */
export async function didWeb(host) {
  const did = `did:web:${host}`;
  const keys = {};
  for(const [fragment, curve] of [
    ['key-1', 'Ed25519'], ['key-2', 'P-256'], ['key-3', 'P-384'], ['spare', 'Ed25519'], ['legacy', 'Ed25519']
  ]) {
    keys[fragment] = Object.assign(await multikey(curve), {controller: did, id: `${did}#${fragment}`});
  }
  const jwks = {};
  for(const algorithm of ['EdDSA', 'ES256', 'ES384', 'RS256']) {
    const fragment = `jwk-${algorithm.toLowerCase()}`;
    jwks[algorithm] = {...await jwkPair(algorithm), did, id: `${did}#${fragment}`};
  }
  const multikeys = await Promise.all(Object.values(keys).map(async pair => {
    const {publicKeyMultibase} = await pair.export({publicKey: true});
    const type = pair.id.endsWith('#legacy') ? 'Ed25519VerificationKey2020' : 'Multikey';
    return {id: pair.id, type, controller: did, publicKeyMultibase};
  }));
  const jsonWebKeys = Object.values(jwks).map(
    pair => ({id: pair.id, type: 'JsonWebKey', controller: did, publicKeyJwk: pair.publicJwk}));
  const verificationMethod = [...multikeys, ...jsonWebKeys];
  const document = {
    '@context': ['https://www.w3.org/ns/did/v1', MULTIKEY],
    id: did,
    verificationMethod,
    assertionMethod: verificationMethod.map(method => method.id).filter(id => !id.endsWith('#spare'))
  };
  return {did, keys, jwks, document, url: `https://${host}/.well-known/did.json`};
}
