// The credentials that the samples sign: Open Badges 3.0 and CLR 2.0 as an institution unknown to Cairn would write them.

import {randomUUID} from 'node:crypto';

export const V1 = 'https://www.w3.org/2018/credentials/v1';
export const V2 = 'https://www.w3.org/ns/credentials/v2';
export const BADGES = 'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json';
export const OLD_BADGES = 'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json';
export const EXTENSIONS = 'https://purl.imsglobal.org/spec/ob/v3p0/extensions.json';
export const RECORDS = 'https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json';
export const SUITE_2020 = 'https://w3id.org/security/suites/ed25519-2020/v1';
export const INTEGRITY = 'https://w3id.org/security/data-integrity/v2';
export const LISTS_2021 = 'https://w3id.org/vc/status-list/2021/v1';

export const UNDEFINED = 'https://www.w3.org/ns/credentials/undefined-terms/v2';

const LEARNER = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK';

function profile(did) {
  return {id: did, type: ['Profile'], name: 'Harbour College', url: 'https://college.example/'};
}

function subject() {
  return {
    id: LEARNER,
    type: ['AchievementSubject'],
    achievement: {
      id: 'https://college.example/achievements/welding',
      type: ['Achievement'],
      achievementType: 'MicroCredential',
      name: 'Welding under water',
      description: 'Joins steel plates at a depth of ten metres.',
      criteria: {narrative: 'Three joints that hold under load, and a dive log.'},
      resultDescription: [{
        id: 'urn:uuid:0d3b2d5e-52ce-4a53-8a8e-7d7d1a4a5b11',
        type: ['ResultDescription'],
        name: 'Final mark',
        resultType: 'Percent'
      }]
    },
    result: [{
      type: ['Result'],
      resultDescription: 'urn:uuid:0d3b2d5e-52ce-4a53-8a8e-7d7d1a4a5b11',
      value: '81'
    }]
  };
}

/** An AchievementCredential of VCDM 2.0; `changes` replace or add members, an undefined one takes it away. */
export function badge(did, changes = {}) {
  return tidy({
    '@context': [V2, BADGES],
    id: `urn:uuid:${randomUUID()}`,
    type: ['VerifiableCredential', 'AchievementCredential'],
    name: 'Welding under water',
    issuer: profile(did),
    validFrom: '2026-09-01T09:00:00Z',
    credentialSubject: subject(),
    ...changes
  });
}

/** The same in the older form of VCDM 1.1, with the contexts that its suite needs. */
export function oldBadge(did, suiteContext, changes = {}) {
  return tidy({
    ...badge(did),
    '@context': [V1, OLD_BADGES, suiteContext],
    validFrom: undefined,
    issuanceDate: '2026-09-01T09:00:00Z',
    ...changes
  });
}

export function endorsement(did, about) {
  return badge(did, {
    type: ['VerifiableCredential', 'EndorsementCredential'],
    name: 'Endorsement of a badge',
    credentialSubject: {
      id: about, type: ['EndorsementSubject'], endorsementComment: 'We hire who holds this badge.'
    }
  });
}

export function record(did, credentials) {
  return {
    '@context': [V2, RECORDS, BADGES],
    id: `urn:uuid:${randomUUID()}`,
    type: ['VerifiableCredential', 'ClrCredential'],
    name: 'What I learnt at sea',
    issuer: profile(did),
    validFrom: '2026-09-01T09:00:00Z',
    credentialSubject: {id: LEARNER, type: ['ClrSubject'], verifiableCredential: credentials}
  };
}

/** The entry of a Bitstring status list, or with `old` of a StatusList2021. */
export function statusEntry(list, index, {old = false, purpose = 'revocation'} = {}) {
  return {
    id: `${list}#${index}`,
    type: old ? 'StatusList2021Entry' : 'BitstringStatusListEntry',
    statusPurpose: purpose,
    statusListIndex: String(index),
    statusListCredential: list
  };
}

function tidy(value) {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}
