"""What documents mean and must look like: one hash over every context and schema that this Cairn carries."""

from __future__ import annotations

import hashlib
from functools import cache

from ledger.documents import contexts, schemas


@cache
def definitions_hash() -> bytes:
    """SHA-256 over the contexts by their URLs and the schemas by their names, with the SHA-256 of each."""
    whole = hashlib.sha256()
    for url in sorted(contexts.CONTEXTS):
        whole.update(f"{url} {contexts.CONTEXTS[url].sha256}\n".encode())
    for name, content in schemas.files():
        whole.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return whole.digest()
