// Writes the samples of other people's credentials. `python -m tests.interop.make_samples` starts it: it hands the
// JSON-LD contexts over on standard input and says in which folder the samples are to lie.

import {readFileSync} from 'node:fs';
import {mkdir, writeFile} from 'node:fs/promises';
import {loaderOver} from './static_loader.mjs';
import {UNDEFINED} from './sample_credentials.mjs';
import {didJwk, didKey, didWeb} from './sample_issuers.mjs';
import {proofSamples} from './sample_proofs.mjs';
import {statusSamples} from './sample_lists.mjs';
import {tokenSamples} from './sample_tokens.mjs';

const folder = process.argv[2];
const contexts = new Map(Object.entries(JSON.parse(readFileSync(0, 'utf8'))));
contexts.set(UNDEFINED, {'@context': {'@vocab': 'https://www.w3.org/ns/credentials/undefined-term#'}});
const documentLoader = loaderOver(contexts);

const issuers = {
  college: await didWeb('college.example'),
  other: await didWeb('other.example'),
  ed25519: await didKey('Ed25519'),
  p256: await didKey('P-256'),
  p384: await didKey('P-384'),
  jwk: await didJwk('ES256'),
  jwkRsa: await didJwk('RS256')
};

/** What the samples need beside themselves: address to {file, content}. */
const documents = new Map();
for(const name of ['college', 'other']) {
  documents.set(issuers[name].url, {file: `documents/${name}-did.json`, content: issuers[name].document});
}

const samples = [];
/** Adds a sample. `content` is an object or a compact JWS, `verdict` what Cairn has to find, `about` says why. */
function add(name, content, verdict, about, {check = null, without = []} = {}) {
  const file = `${name}.${typeof content === 'string' ? 'jwt' : 'json'}`;
  samples.push({name, file, content, verdict, check, without, about});
}

await proofSamples({issuers, documentLoader, add});
await statusSamples({issuers, documentLoader, add, documents});
await tokenSamples({issuers, add});

await mkdir(`${folder}/documents`, {recursive: true});
for(const {file, content} of [...samples, ...documents.values()]) {
  const text = typeof content === 'string' ? content : JSON.stringify(content, null, 1);
  await writeFile(`${folder}/${file}`, `${text}\n`);
}
const manifest = {
  documents: Object.fromEntries([...documents].map(([url, {file}]) => [url, file])),
  samples: samples.map(({content, ...rest}) => rest)
};
await writeFile(`${folder}/samples.json`, `${JSON.stringify(manifest, null, 1)}\n`);
