"""Mutants of what other people's packages signed, under the policy that accepts any issuer: none passes."""

from __future__ import annotations

import base64
from random import Random

import orjson
import pytest

from ledger.documents.strict_json import JsonObject, parse
from ledger.errors import InvalidProof, MalformedDocument
from ledger.proofs.rdfc import canonicalize_rdf
from ledger.verifying.policy import Policy
from ledger.verifying.verifier import Verifier
from tests.interop.incoming import NOW, documents, samples
from tests.mutants import Mutator, changes, paths
from tests.world import InProcess

SIGNED = ("ed25519-2020-did-key", "ecdsa-rdfc-2019-p256-did-key", "ecdsa-jcs-2019-p384-did-web", "bitstring-clear")
TOKENS = ("jwt-es256", "jwt-vc-claim", "jwt-did-key")
CONTENT = {sample.name: sample.content for sample in samples()}
COUNT = 300


def verifier() -> Verifier:
    copies = {url: path.read_bytes() for url, path in documents().items()}
    policy = Policy((), (), documents=copies, any_issuer=True)
    return Verifier(policy, {}, clock=lambda: NOW, canonicalizer=InProcess())


def said(document: JsonObject) -> object:
    """What a document says without its proofs: where members are sets, in their one order."""
    bare = {name: value for name, value in document.items() if name != "proof"}
    try:
        return canonicalize_rdf(bare)
    except InvalidProof:
        return bare


@pytest.mark.parametrize("name", SIGNED)
def test_a_changed_document_of_others_is_not_valid(name: str) -> None:
    judge, random = verifier(), Random(name)  # noqa: S311 - the same seed has to draw the same mutants
    document = parse(CONTENT[name])
    assert judge.verify(CONTENT[name])
    mutator = Mutator(document, [parse(CONTENT[other]) for other in SIGNED])
    for _ in range(COUNT):
        mutant = mutator.draw(random)
        try:
            accepted = bool(judge.verify(mutant))
        except MalformedDocument:
            continue
        assert not accepted or said(parse(mutant)) == said(document), mutant


@pytest.mark.parametrize("name", TOKENS)
def test_a_changed_token_of_others_is_not_valid(name: str) -> None:
    judge, random = verifier(), Random(name)  # noqa: S311 - the same seed has to draw the same mutants
    header, payload, signature = CONTENT[name].split(b".")
    claims: JsonObject = orjson.loads(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    places = list(paths(claims))
    assert judge.verify(CONTENT[name])
    for _ in range(COUNT):
        mutant = random.choice(changes(claims, random.choice(places)))()
        changed = base64.urlsafe_b64encode(orjson.dumps(mutant)).rstrip(b"=")
        try:
            accepted = bool(judge.verify(b".".join([header, changed, signature])))
        except MalformedDocument:
            continue
        assert not accepted or mutant == claims, mutant
