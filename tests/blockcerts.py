"""Blockcerts as their issuers make them: a batch under one root, and the profile that names the account."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import cbor2
from coincurve import PrivateKey

from ledger.chain.addresses import keccak
from ledger.documents.codecs import encode_base58, encode_base64url
from ledger.documents.strict_json import JsonObject
from ledger.proofs.rdfc import canonicalize_with_own_terms

ISSUER = "https://college.example/blockcerts/profile.json"
METHOD = f"{ISSUER}#key-1"
SEPOLIA = 11155111


def a_blockcert(name: str, **changes: Any) -> JsonObject:
    """A document of Blockcerts 3.2 without its proof."""
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://w3id.org/blockcerts/v3.2"],
        "id": f"urn:uuid:00000000-0000-4000-8000-{sha256(name.encode()).hexdigest()[:12]}",
        "type": ["VerifiableCredential", "BlockcertsCredential"],
        "issuer": ISSUER,
        "validFrom": "2024-02-01T00:00:00Z",
        "credentialSubject": {
            "id": "did:example:learner",
            "name": name,
            "claim": {"name": "Carpentry", "description": "Roofs", "criteria": "Built one"},
        },
        "metadata": '{"classOf":"2024"}',
        "display": {"contentMediaType": "text/html", "content": f"<div>{name}</div>"},
    } | changes


def a_profile(address: str | None = None, secret: bytes | None = None, **changes: Any) -> JsonObject:
    """The issuer's profile, with an account in its list of keys, or with a key that may make assertions."""
    methods: list[Any] = []
    if secret is not None:
        point = PrivateKey(secret).public_key.format(compressed=False)[1:]
        jwk = {"kty": "EC", "crv": "secp256k1", "x": encode_base64url(point[:32]), "y": encode_base64url(point[32:])}
        methods = [{"id": "#key-1", "controller": ISSUER, "type": "JsonWebKey2020", "publicKeyJwk": jwk}]
    keys: list[Any] = []
    if address is not None:
        keys = [{"id": f"ecdsa-koblitz-pubkey:{address}", "created": "2020-01-01T00:00:00.000000+00:00"}]
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/blockcerts/v3.2"],
        "id": ISSUER,
        "type": "Profile",
        "name": "College of Example",
        "publicKey": keys,
        "verificationMethod": methods,
        "assertionMethod": [METHOD],
    } | changes


def address_of(secret: bytes) -> str:
    return "0x" + keccak(PrivateKey(secret).public_key.format(compressed=False)[1:])[12:].hex()


class Batch:
    """Documents under one root, in the order given."""

    def __init__(self, *documents: JsonObject) -> None:
        self._documents = documents
        self._leaves = [sha256(canonicalize_with_own_terms(document)).digest() for document in documents]
        self._paths: list[list[tuple[int, bytes]]] = [[] for _ in documents]
        self.root = self._grow([(leaf, [index]) for index, leaf in enumerate(self._leaves)])

    def _grow(self, level: list[tuple[bytes, list[int]]]) -> bytes:
        while len(level) > 1:
            above = []
            for at in range(0, len(level) - 1, 2):
                (left, of_left), (right, of_right) = level[at : at + 2]
                for index in of_left:
                    self._paths[index].append((1, right))
                for index in of_right:
                    self._paths[index].append((0, left))
                above.append((sha256(left + right).digest(), of_left + of_right))
            level = above + level[len(level) - len(level) % 2 :]
        return level[0][0]

    def issued(self, index: int, transaction: bytes, *, network: int = SEPOLIA, suite: bool = True) -> JsonObject:
        """A document with its proof, of the newer type or of the older one."""

        def twice(value: bytes) -> bytes:
            return cbor2.dumps(value if suite else value.hex())

        value = [
            [3, [[side, twice(sibling)] for side, sibling in self._paths[index]]],
            [0, twice(self.root)],
            [1, twice(self._leaves[index])],
            [2, [[[0, 1], [1, network], [2, twice(transaction)]]]],
        ]
        kind = {"type": "DataIntegrityProof", "cryptosuite": "merkle-proof-2019"}
        proof: JsonObject = {
            **(kind if suite else {"type": "MerkleProof2019"}),
            "created": "2024-02-15T15:22:35.361231",
            "proofPurpose": "assertionMethod",
            "proofValue": "z" + encode_base58(cbor2.dumps(value)),
            "verificationMethod": METHOD,
        }
        return {**self._documents[index], "proof": proof}
