"""Makes a presentation: what a holder shows to one audience, signed in answer to that audience's challenge."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from ledger.documents.presentation import MAX_CHALLENGE, build_presentation
from ledger.documents.strict_json import JsonObject
from ledger.errors import InvalidProof, MalformedDocument
from ledger.proofs.data_integrity import EDDSA_JCS, EDDSA_RDFC, Answer, Signer, sign

MAX_RDF_BYTES = 100_000
"""A larger presentation has a proof by JCS alone: canonicalising it as RDF would take its verifier seconds."""


@dataclass(frozen=True)
class Holder:
    """Who presents: a DID, the URL of the key that signs for it, and that key."""

    did: str
    method: str
    signer: Signer


def holder_of_did_key(did: str, signer: Signer) -> Holder:
    """The holder of a did:key, which names its one key itself."""
    return Holder(did, f"{did}#{did.removeprefix('did:key:')}", signer)


def present(
    documents: Sequence[bytes],
    holder: Holder,
    *,
    challenge: str,
    audience: str,
    created: datetime,
    lifetime: timedelta,
    suites: Sequence[str] = (),
) -> JsonObject:
    """A signed presentation of these documents: by `eddsa-rdfc-2022`, where it can be, and by `eddsa-jcs-2022`.

    Raises MalformedDocument: `limit_presentation`, `challenge_malformed`, and as the strict loader; InvalidProof where
    a suite that was asked for by name refuses the documents.
    """
    for text in (challenge, audience):
        if not text.isprintable() or not 0 < len(text) <= MAX_CHALLENGE:
            raise MalformedDocument(
                "challenge_malformed", f"a challenge, or an audience, is 1 to {MAX_CHALLENGE} signs"
            )
    document = build_presentation(holder.did, documents, presentation_id=uuid.uuid4().urn)
    answer = Answer(challenge, audience, created + lifetime)
    proofs: list[JsonObject] = []
    for suite in suites or _usual_suites(document):
        try:
            proofs.append(
                sign(
                    document,
                    cryptosuite=suite,
                    signer=holder.signer,
                    verification_method=holder.method,
                    created=created,
                    answer=answer,
                )
            )
        except InvalidProof:  # a credential of somebody else's that has no RDF form, or two that share a name
            if suites or suite != EDDSA_RDFC:
                raise
    return document | {"proof": proofs[0] if len(proofs) == 1 else [*proofs]}


def _usual_suites(document: JsonObject) -> tuple[str, ...]:
    return (EDDSA_RDFC, EDDSA_JCS) if len(orjson.dumps(document)) <= MAX_RDF_BYTES else (EDDSA_JCS,)
