// Serves the judges over standard input and output, one JSON line for each request and for each answer:
//
//   {"give": {address: JSON, …}}                      puts documents on the web of this process
//   {"judge": name, "text": document, "options": {}}  {"accepts", "reason", "asked", …}
//   {"reserialize": document}                         {"text"}
//   {"probe": port}                                   {"ways"}: how a port of this machine can be reached

import './first.mjs';
import {createInterface} from 'node:readline';
import {judges, reserialized, told} from './judges.mjs';
import {asked, waysOut, web} from './offline.mjs';

async function answer({give, judge, text, options, reserialize, probe}) {
  if(give !== undefined) {
    Object.entries(give).forEach(([url, document]) => web.set(url, document));
    return {given: Object.keys(give).length};
  }
  if(reserialize !== undefined) {
    return {text: reserialized(reserialize)};
  }
  if(probe !== undefined) {
    return {ways: await waysOut(probe)};
  }
  asked.clear();
  try {
    return {...await judges[judge](text, options ?? {}), asked: [...asked]};
  } catch(error) {
    return {accepts: false, reason: told(error), asked: [...asked]};
  }
}

for await (const line of createInterface({input: process.stdin})) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
