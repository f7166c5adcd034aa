// The JSON-LD contexts of the Python package, which its starter hands over, and the two of packages that it lacks.

import statusList2021 from '@digitalbazaar/vc-status-list-context';

/** A document loader over `documents` (a Map from address to JSON) that never fetches. */
export function loaderOver(documents) {
  return async url => {
    if(!documents.has(url)) {
      throw new Error(`NotFoundError loading "${url}": it was not handed over`);
    }
    return {contextUrl: null, documentUrl: url, document: structuredClone(documents.get(url)), tag: 'static'};
  };
}

/** The contexts as a new Map. `given` is a plain object from address to JSON. */
export function contextsFrom(given) {
  return new Map([
    [statusList2021.constants.CONTEXT_URL_V1, statusList2021.contexts.get(statusList2021.constants.CONTEXT_URL_V1)],
    ...Object.entries(given)
  ]);
}
