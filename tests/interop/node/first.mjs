// What has to happen before any package is loaded: no network, and nothing but answers on standard output.

import './offline.mjs';

console.log = console.error;
