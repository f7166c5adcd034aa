// Samples of embedded proofs: each suite by each kind of issuer, and the ways in which such a proof must not count.

import * as eddsaJcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as ecdsaJcs from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite';
import {cryptosuite as ecdsaRdfc} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import {cryptosuite as eddsaRdfc} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import jsigs from 'jsonld-signatures';
import * as vc from '@digitalbazaar/vc';
import {
  BADGES, INTEGRITY, SUITE_2020, UNDEFINED, V2, badge, endorsement, oldBadge, record
} from './sample_credentials.mjs';

export const CREATED = '2026-09-02T08:00:00Z';
const MADE_BY = {
  'eddsa-rdfc-2022': eddsaRdfc,
  'eddsa-jcs-2022': eddsaJcs.createSignCryptosuite(),
  'ecdsa-rdfc-2019': ecdsaRdfc,
  'ecdsa-jcs-2019': ecdsaJcs.createSignCryptosuite()
};

/** A suite object that signs with `pair`. */
export function suiteFor(name, pair) {
  const signer = pair.signer();
  return name === 'Ed25519Signature2020' ?
    new Ed25519Signature2020({signer, date: CREATED}) :
    new DataIntegrityProof({signer, date: CREATED, cryptosuite: MADE_BY[name]});
}

/** Signs without asking whether the credential makes sense, as a careless issuer or a forger would. */
export async function signAnything(document, suite, documentLoader, purpose) {
  return jsigs.sign(structuredClone(document), {
    suite, documentLoader, purpose: purpose ?? new jsigs.purposes.AssertionProofPurpose()
  });
}

export async function proofSamples({issuers, documentLoader, add}) {
  const sign = async (credential, name, pair) =>
    vc.issue({credential: structuredClone(credential), suite: suiteFor(name, pair), documentLoader});
  const {college, other, ed25519, p256, p384} = issuers;
  await good({sign, add, ...issuers});
  await altered({sign, add, ...issuers});

  const wrong = async (name, signed, check, about) => add(name, await signed, 'invalid', about, {check});
  const key = college.keys['key-1'];
  await wrong('key-of-another-issuer', sign(badge(college.did), 'eddsa-rdfc-2022', other.keys['key-1']), 'signature',
    'the issuer is one institution, the key another\'s');
  const {publicKeyMultibase} = await ed25519.export({publicKey: true});
  const forger = Object.assign(Object.create(ed25519), {id: `${college.did}#${publicKeyMultibase}`});
  forger.signer = () => ({...ed25519.signer(), id: forger.id});
  await wrong('key-in-the-fragment', sign(badge(college.did), 'eddsa-rdfc-2022', forger), 'signature',
    'the fragment holds a forger\'s key, which the DID document does not list');
  await wrong('key-not-for-assertions', sign(badge(college.did), 'eddsa-rdfc-2022', college.keys.spare), 'signature',
    'the DID document lists the key, but not for assertions');
  const login = new jsigs.purposes.AuthenticationProofPurpose({challenge: 'none'});
  await wrong('proof-to-log-in-with',
    signAnything(badge(college.did), suiteFor('eddsa-rdfc-2022', key), documentLoader, login), 'signature',
    'the proof is for logging in, not for asserting');
  const swapped = await sign(badge(college.did), 'eddsa-rdfc-2022', key);
  swapped.proof.cryptosuite = 'eddsa-jcs-2022';
  await wrong('suite-swapped', swapped, 'signature', 'signed as RDF, said to be signed as JSON');

  const careless = async changes =>
    signAnything(badge(ed25519.controller, changes), suiteFor('eddsa-rdfc-2022', ed25519), documentLoader);
  await wrong('expired', careless({validUntil: '2026-10-01T00:00:00Z'}), 'period', 'its time is over');
  await wrong('not-yet-valid', careless({validFrom: '2199-01-01T00:00:00Z'}), 'period', 'its time has not come');
  const hidden = await careless({validUntil: '2026-10-01T00:00:00Z'});
  hidden['https://www.w3.org/2018/credentials#validUntil'] =
    {'@type': 'http://www.w3.org/2001/XMLSchema#dateTime', '@value': hidden.validUntil};
  delete hidden.validUntil;
  add('expired-and-hidden', hidden, 'not valid',
    'the end stands under its full IRI: the same RDF and a good signature, but no JSON reader sees it');
  const unnamed = await careless({});
  unnamed.honours = 'first class';
  add('term-that-nothing-defines', unnamed, 'not valid', 'an addition that no context defines and no signature covers');
  add('vocabulary-for-everything', await careless({'@context': [V2, BADGES, UNDEFINED], honours: 'first class'}),
    'not valid', 'a context that gives every word a meaning; it is not bundled and never fetched');
  add('identity-not-given', await sign(badge(college.did), 'eddsa-rdfc-2022', key), 'indeterminate',
    'nobody gave the issuer\'s DID document', {without: [college.url]});
  const unknown = await sign(badge(college.did), 'eddsa-rdfc-2022', key);
  unknown.proof.cryptosuite = 'bbs-2023';
  add('suite-unknown', unknown, 'not valid', 'a suite that Cairn does not check');
}

/** Good samples of every suite, by each issuer who has a key for it. */
async function good({sign, add, college, other, ed25519, p256, p384}) {
  const fine = async (name, signed, about) => add(name, await signed, 'valid', about);
  const web = college.keys;
  for(const [suite, curve, byKey, byWeb] of [
    ['eddsa-rdfc-2022', '', ed25519, web['key-1']],
    ['eddsa-jcs-2022', '', ed25519, web['key-1']],
    ['ecdsa-rdfc-2019', '-p256', p256, web['key-2']],
    ['ecdsa-rdfc-2019', '-p384', p384, web['key-3']],
    ['ecdsa-jcs-2019', '-p256', p256, web['key-2']],
    ['ecdsa-jcs-2019', '-p384', p384, web['key-3']]
  ]) {
    await fine(`${suite}${curve}-did-key`, sign(badge(byKey.controller), suite, byKey), `${suite} by a did:key`);
    await fine(`${suite}${curve}-did-web`, sign(badge(college.did), suite, byWeb), `${suite} by a did:web`);
  }
  const with2020 = {'@context': [V2, BADGES, SUITE_2020]};
  await fine('ed25519-2020-did-key', sign(badge(ed25519.controller, with2020), 'Ed25519Signature2020', ed25519),
    'Ed25519Signature2020 by a did:key');
  await fine('ed25519-2020-did-web', sign(badge(college.did, with2020), 'Ed25519Signature2020', web.legacy),
    'Ed25519Signature2020 by a did:web that publishes an Ed25519VerificationKey2020');
  await fine('ed25519-2020-vcdm-1', sign(oldBadge(ed25519.controller, SUITE_2020), 'Ed25519Signature2020', ed25519),
    'Ed25519Signature2020 over VCDM 1.1 and Open Badges 3.0.2');
  await fine('eddsa-rdfc-2022-vcdm-1', sign(oldBadge(ed25519.controller, INTEGRITY), 'eddsa-rdfc-2022', ed25519),
    'eddsa-rdfc-2022 over VCDM 1.1 and Open Badges 3.0.2');
  const once = await sign(badge(college.did), 'eddsa-rdfc-2022', web['key-1']);
  await fine('proof-in-a-list', {...once, proof: [once.proof]}, 'one proof, in an array');
  const twice = await sign(once, 'eddsa-jcs-2022', web['key-1']);
  await fine('proof-set', twice, 'two suites in a proof set');
  const unknown = {...once.proof, cryptosuite: 'tomorrow-2030'};
  await fine('proof-set-with-unknown', {...once, proof: [unknown, once.proof]},
    'a proof of an unknown suite stands before a good one');
  await fine('open-badge-credential', sign(
    badge(ed25519.controller, {type: ['VerifiableCredential', 'OpenBadgeCredential']}), 'eddsa-rdfc-2022', ed25519),
  'the other name of the type');
  await fine('endorsement', sign(endorsement(ed25519.controller, once.id), 'eddsa-rdfc-2022', ed25519),
    'an EndorsementCredential');
  const elsewhere = await sign(badge(other.did), 'ecdsa-rdfc-2019', other.keys['key-2']);
  await fine('record', sign(record(college.did, [once, elsewhere]), 'eddsa-rdfc-2022', web['key-1']),
    'a ClrCredential with a badge of its own issuer and one of another\'s');
}

/** For each suite one that was changed after signing. */
async function altered({sign, add, college, ed25519, p256}) {
  const better = credential => {
    credential.credentialSubject.result[0].value = '98';
    return credential;
  };
  for(const [suite, pair, context] of [
    ['eddsa-rdfc-2022', ed25519], ['eddsa-jcs-2022', ed25519], ['ecdsa-rdfc-2019', p256], ['ecdsa-jcs-2019', p256],
    ['Ed25519Signature2020', ed25519, {'@context': [V2, BADGES, SUITE_2020]}]
  ]) {
    const name = suite === 'Ed25519Signature2020' ? 'ed25519-2020' : suite;
    add(`${name}-altered`, better(await sign(badge(pair.controller, context), suite, pair)), 'invalid',
      `${suite}; the mark was changed after signing`, {check: 'signature'});
  }
  const inner = await sign(badge(college.did), 'eddsa-rdfc-2022', college.keys['key-1']);
  const forged = record(college.did, [better(inner)]);
  add('record-with-altered', await sign(forged, 'eddsa-rdfc-2022', college.keys['key-1']), 'invalid',
    'a record, itself signed well, of a badge that was changed');
}
