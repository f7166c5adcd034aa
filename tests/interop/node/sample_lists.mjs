// Samples with a status: Bitstring lists and the older StatusList2021, sound ones and those that no one may rely on.

import {createCredential, createList} from '@digitalbazaar/vc-bitstring-status-list';
import {createCredential as createOldCredential, createList as createOldList} from '@digitalbazaar/vc-status-list';
import {gzipSync} from 'node:zlib';
import {
  BADGES, EXTENSIONS, LISTS_2021, OLD_BADGES, SUITE_2020, V1, V2, badge, oldBadge, statusEntry
} from './sample_credentials.mjs';
import {signAnything, suiteFor} from './sample_proofs.mjs';

const SIZE = 131_072;
const REVOKED = 7;
const CLEAR = 42;
const HOME = 'https://college.example/status';

/** A signed Bitstring list in which one entry is set; `changes` are made before it is signed. */
async function bitstringList(url, {did, pair, documentLoader, purpose = 'revocation', changes = () => {}}) {
  const list = await createList({length: SIZE});
  list.setStatus(REVOKED, true);
  const credential = {
    ...await createCredential({id: url, list, statusPurpose: purpose}), issuer: did, validFrom: '2026-09-01T00:00:00Z'
  };
  changes(credential);
  return signAnything(credential, suiteFor('eddsa-rdfc-2022', pair), documentLoader);
}

/** A signed StatusList2021 in which one entry is set. */
async function oldList(url, {did, pair, documentLoader, changes = () => {}}) {
  const list = await createOldList({length: SIZE});
  list.setStatus(REVOKED, true);
  const credential = {
    ...await createOldCredential({id: url, list, statusPurpose: 'revocation'}),
    issuer: did,
    issuanceDate: '2026-09-01T00:00:00Z'
  };
  credential['@context'].push(SUITE_2020);
  changes(credential);
  return signAnything(credential, suiteFor('Ed25519Signature2020', pair), documentLoader);
}

/** The list with all entries cleared after signing. */
function cleared(list, multibase) {
  list.credentialSubject.encodedList = multibase + gzipSync(Buffer.alloc(SIZE / 8)).toString('base64url');
  return list;
}

/** What a list can suffer. Each gives the options of a list, what is done to it after signing, and what it is. */
function troubles(college, other, {old}) {
  const ends = old ? 'expirationDate' : 'validUntil';
  const begins = old ? 'issuanceDate' : 'validFrom';
  return {
    tampered: {after: list => cleared(list, old ? '' : 'u'), about: 'was changed after signing'},
    expired: {changes: list => { list[ends] = '2026-10-01T00:00:00Z'; }, about: 'is out of date'},
    'not-yet-valid': {changes: list => { list[begins] = '2199-01-01T00:00:00Z'; }, about: 'is not in force yet'},
    'of-another-issuer': {did: other.did, pair: other.keys[old ? 'legacy' : 'key-1'], about: 'is another issuer\'s'},
    'of-another-address': {changes: list => { list.id += '-old'; }, about: 'was published at another address'},
    short: {
      changes: list => {
        list.credentialSubject.encodedList =
          (old ? '' : 'u') + gzipSync(Buffer.alloc(64)).toString('base64url');
      },
      about: 'has too few entries to hide among'
    },
    huge: {
      changes: list => {
        list.credentialSubject.encodedList =
          (old ? '' : 'u') + gzipSync(Buffer.alloc(16 * 1024 * 1024)).toString('base64url');
      },
      about: 'unpacks to 16 MiB'
    },
    'no-list': {
      changes: list => { list.type = ['VerifiableCredential']; }, about: 'is a credential, but not said to be a list'
    }
  };
}

export async function statusSamples({issuers: {college, other}, documentLoader, add, documents}) {
  const publish = (url, content) =>
    documents.set(url, {file: `documents/list-${url.slice(HOME.length + 1).replace('/', '-')}.json`, content});
  const issue = (entry, old) => {
    const context = old ? {'@context': [V1, OLD_BADGES, SUITE_2020, LISTS_2021]} : {};
    const credential = (old ? oldBadge(college.did, SUITE_2020, context) : badge(college.did));
    credential.credentialStatus = entry;
    const pair = college.keys[old ? 'legacy' : 'key-1'];
    return signAnything(
      credential, suiteFor(old ? 'Ed25519Signature2020' : 'eddsa-rdfc-2022', pair), documentLoader);
  };

  for(const old of [false, true]) {
    const kind = old ? '2021' : 'bitstring';
    const make = old ? oldList : bitstringList;
    const usual = {did: college.did, pair: college.keys[old ? 'legacy' : 'key-1'], documentLoader};
    const url = `${HOME}/${kind}`;
    publish(url, await make(url, usual));
    add(`${kind}-clear`, await issue(statusEntry(url, CLEAR, {old}), old), 'valid', 'not revoked, as its list says');
    add(`${kind}-revoked`, await issue(statusEntry(url, REVOKED, {old}), old), 'invalid',
      'revoked, as its list says', {check: 'status'});
    add(`${kind}-out-of-range`, await issue(statusEntry(url, SIZE * 9, {old}), old), 'not valid',
      'the entry lies beyond the list', {check: 'status'});
    add(`${kind}-not-given`, await issue(statusEntry(url, CLEAR, {old}), old), 'indeterminate',
      'nobody gave the list', {check: 'status', without: [url]});
    for(const [trouble, {after = list => list, about, ...options}] of Object.entries(troubles(college, other, {old}))) {
      const address = `${HOME}/${kind}/${trouble}`;
      publish(address, after(await make(address, {...usual, ...options})));
      add(`${kind}-list-${trouble}`, await issue(statusEntry(address, CLEAR, {old}), old), 'not valid',
        `its list ${about}`, {check: 'status'});
    }
  }

  const suspensions = `${HOME}/bitstring/suspensions`;
  publish(suspensions, await bitstringList(
    suspensions, {did: college.did, pair: college.keys['key-1'], documentLoader, purpose: 'suspension'}));
  add('bitstring-purposes-differ', await issue(statusEntry(suspensions, CLEAR)), 'not valid',
    'the entry is about revocation, its list about suspension', {check: 'status'});
  add('bitstring-suspended', await issue(statusEntry(suspensions, REVOKED, {purpose: 'suspension'})), 'not valid',
    'suspended, as its list says', {check: 'status'});
  const numbered = statusEntry(`${HOME}/bitstring`, CLEAR);
  numbered.statusListIndex = CLEAR;
  add('bitstring-number', await issue(numbered), 'valid', 'the index is a number, as in a sample of 1EdTech');

  const revocations = `${HOME}/1edtech`;
  const context = {'@context': [V2, BADGES, EXTENSIONS]};
  add('1edtech-revocation-list', await signAnything(
    badge(college.did, {...context, credentialStatus: {id: revocations, type: '1EdTechRevocationList'}}),
    suiteFor('eddsa-rdfc-2022', college.keys['key-1']), documentLoader),
  'indeterminate', 'a kind of status that Cairn does not read', {check: 'status'});
}
