// Samples of credentials as signed JWTs (VC-JOSE-COSE and the older `vc` claim), and of tokens that must not count.

import {createHmac, generateKeyPairSync, sign} from 'node:crypto';
import {CompactSign, SignJWT} from 'jose';
import {OLD_BADGES, V1, badge} from './sample_credentials.mjs';

const encode = value => Buffer.from(JSON.stringify(value)).toString('base64url');

/** VCDM 2.0: the payload is the credential. */
async function signed(credential, pair, header = {}) {
  return new CompactSign(Buffer.from(JSON.stringify(credential)))
    .setProtectedHeader({alg: pair.algorithm, kid: pair.id, typ: 'vc+jwt', ...header})
    .sign(pair.privateKey);
}

/** Open Badges 3.0 and VCDM 1.1 (section 6.3.1): registered claims that say the same as the credential. */
function claims(credential) {
  const seconds = text => Math.floor(Date.parse(text) / 1000);
  return {
    iss: credential.issuer.id,
    sub: credential.credentialSubject.id,
    jti: credential.id,
    nbf: seconds(credential.validFrom ?? credential.issuanceDate),
    ...(credential.validUntil ? {exp: seconds(credential.validUntil)} : {})
  };
}

function oldForm(did) {
  const {validFrom, ...rest} = badge(did);
  return {...rest, '@context': [V1, OLD_BADGES], issuanceDate: validFrom};
}

export async function tokenSamples({issuers: {college, other, jwk, jwkRsa, ed25519}, add}) {
  const {jwks} = college;
  for(const [algorithm, pair] of Object.entries(jwks)) {
    add(`jwt-${algorithm.toLowerCase()}`, await signed(badge(college.did), pair), 'valid',
      `${algorithm} by a key of a did:web`);
  }
  add('jwt-did-jwk-es256', await signed(badge(jwk.did), jwk), 'valid', 'ES256 by a did:jwk');
  add('jwt-did-jwk-rs256', await signed(badge(jwkRsa.did), jwkRsa), 'valid', 'RS256 by a did:jwk');
  const {publicKeyMultibase} = await ed25519.export({publicKey: true});
  const byKey = {algorithm: 'EdDSA', id: `did:key:${publicKeyMultibase}#${publicKeyMultibase}`};
  const signer = ed25519.signer();
  const handMade = async (header, payload) => {
    const input = `${encode(header)}.${encode(payload)}`;
    return `${input}.${Buffer.from(await signer.sign({data: Buffer.from(input)})).toString('base64url')}`;
  };
  add('jwt-did-key', await handMade({alg: 'EdDSA', kid: byKey.id, typ: 'vc+jwt'}, badge(ed25519.controller)), 'valid',
    'EdDSA by a did:key');

  const badged = badge(college.did);
  add('jwt-open-badges-form', await new SignJWT({...badged, ...claims(badged)})
    .setProtectedHeader({alg: 'RS256', kid: jwks.RS256.id, typ: 'JWT'}).sign(jwks.RS256.privateKey), 'valid',
  'the credential and the registered claims side by side, as Open Badges 3.0 writes them');
  const old = oldForm(college.did);
  const oldToken = async (claimed, credential = old, pair = jwks.ES256) => new SignJWT({vc: credential, ...claimed})
    .setProtectedHeader({alg: pair.algorithm, kid: pair.id, typ: 'JWT'}).sign(pair.privateKey);
  add('jwt-vc-claim', await oldToken(claims(old)), 'valid', 'the older form, with the credential in `vc`');

  const bad = (name, token, about, check = null, verdict = 'invalid') => add(name, token, verdict, about, {check});
  bad('jwt-issuers-differ', await oldToken({...claims(old), iss: other.did}),
    '`iss` and the credential name two issuers', null, 'not valid');
  bad('jwt-ids-differ', await oldToken({...claims(old), jti: 'urn:uuid:00000000-0000-4000-8000-000000000000'}),
    '`jti` is not the credential\'s id', null, 'not valid');
  bad('jwt-subjects-differ', await oldToken({...claims(old), sub: other.did}),
    '`sub` is not the credential\'s subject', null, 'not valid');
  bad('jwt-ends-differ', await oldToken({...claims(old), exp: 1_759_276_800}),
    '`exp` lies in the past, the credential says nothing of an end', null, 'not valid');
  bad('jwt-expired', await signed(badge(college.did, {validUntil: '2026-10-01T00:00:00Z'}), jwks.ES256),
    'its time is over', 'period');
  const later = badge(college.did, {validFrom: '2199-01-01T00:00:00Z'});
  bad('jwt-not-yet-valid', await signed(later, jwks.ES256), 'its time has not come', 'period');

  const token = await signed(badge(college.did), jwks.ES256);
  const [header, payload, signature] = token.split('.');
  const better = JSON.parse(Buffer.from(payload, 'base64url'));
  better.credentialSubject.result[0].value = '98';
  bad('jwt-altered', `${header}.${encode(better)}.${signature}`, 'the mark was changed after signing', 'signature');
  bad('jwt-none', `${encode({alg: 'none', kid: jwks.ES256.id, typ: 'vc+jwt'})}.${payload}.`, 'nobody signed it', null,
    'not valid');
  const input = `${encode({alg: 'HS256', kid: jwks.RS256.id, typ: 'vc+jwt'})}.${payload}`;
  const mac = createHmac('sha256', JSON.stringify(jwks.RS256.publicJwk)).update(input).digest('base64url');
  bad('jwt-hs256', `${input}.${mac}`, 'the public key was taken as the secret of a MAC', null, 'not valid');
  bad('jwt-key-of-another-issuer', await signed(badge(college.did), other.jwks.ES256),
    'the issuer is one institution, the key another\'s', 'signature');
  const {publicJwk, privateKey, algorithm} = other.jwks.ES256;
  bad('jwt-key-in-the-header',
    await signed(badge(college.did), {algorithm, privateKey, id: jwks.ES256.id}, {jwk: publicJwk}),
    'the header brings a forger\'s key and names one of the issuer\'s', 'signature');
  bad('jwt-key-in-the-header-alone',
    await signed(badge('https://college.example/'), {algorithm, privateKey, id: undefined}, {jwk: publicJwk}),
    'the only key is the one that the token brings along', null, 'not valid');
  bad('jwt-algorithm-of-another-key', await signed(badge(college.did), {...jwks.ES256, id: jwks.RS256.id}),
    'signed by ES256, said to be by the key for RS256', 'signature');
  bad('jwt-critical-extension', await extended(badge(college.did), jwks.ES256),
    'the header has an extension that has to be understood', null, 'not valid');
  bad('jwt-weak-rsa', weakRsa(), 'by an RSA key of 1024 bits', null, 'not valid');
}

async function extended(credential, pair) {
  return new CompactSign(Buffer.from(JSON.stringify(credential)))
    .setProtectedHeader({alg: pair.algorithm, kid: pair.id, typ: 'vc+jwt', crit: ['exp-rules'], 'exp-rules': 'none'})
    .sign(pair.privateKey, {crit: {'exp-rules': true}});
}

/** jose refuses to sign with a key this short, so that it is done by hand. */
function weakRsa() {
  const {publicKey, privateKey} = generateKeyPairSync('rsa', {modulusLength: 1024});
  const did = `did:jwk:${Buffer.from(JSON.stringify(publicKey.export({format: 'jwk'}))).toString('base64url')}`;
  const input = `${encode({alg: 'RS256', kid: `${did}#0`, typ: 'vc+jwt'})}.${encode(badge(did))}`;
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
}
