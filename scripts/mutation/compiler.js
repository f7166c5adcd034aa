// A compiler that stays loaded: each line of its input is a request in solc's standard JSON, each line of its output
// the answer. Starting solc anew for each mutant would cost more than compiling it.
"use strict";
const solc = require("solc");

require("readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => process.stdout.write(`${JSON.stringify(JSON.parse(solc.compile(line)))}\n`));
