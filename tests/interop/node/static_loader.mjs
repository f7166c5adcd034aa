// A document loader over what was handed over.

/** A document loader over `documents` (a Map from address to JSON) that never fetches. */
export function loaderOver(documents) {
  return async url => {
    if(!documents.has(url)) {
      throw new Error(`NotFoundError loading "${url}": it was not handed over`);
    }
    return {contextUrl: null, documentUrl: url, document: structuredClone(documents.get(url)), tag: 'static'};
  };
}
