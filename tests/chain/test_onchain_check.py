"""The contract's `check` and `isIncluded` say what Python says, of good proofs and of damaged ones (I12)."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from random import Random

import pytest

from ledger.chain.accounts import dev_account
from ledger.chain.addresses import issuer_id
from ledger.chain.deployment import deploy
from ledger.chain.embedded import EmbeddedNode
from ledger.chain.ethereum import EthereumRegistry
from ledger.chain.networks import ANVIL_CHAIN_ID, EMBEDDED_CHAIN_ID
from ledger.chain.reader import RpcRegistryReader
from ledger.chain.registry import (
    AnchorBatch,
    CredentialState,
    IssuerId,
    Reason,
    RegisterIssuer,
    RegistryCall,
    Role,
    SetOperator,
    SetStatus,
    StateQuery,
    StatusAction,
    WithdrawBatch,
    perform,
)
from ledger.chain.rpc import Transport, accepted, as_hex, data
from ledger.chain.words import WORD, Words
from ledger.errors import InvalidProof
from ledger.proofs.merkle import MerkleTree, entry, leaf_hash, path_length, root_from_path
from tests import reference
from tests.chain.conftest import Clock, another_salt
from tests.chain.damaged_proofs import Inclusion, Proof, damaged, inclusions
from tests.chain.nodes import Line
from tests.chain.registry_views import calldata

FULL = os.environ.get("CAIRN_FULL") == "1"
PROOFS = 10_000 if FULL else 300
PROOFS_ON_PY_EVM = 100
CALLS_IN_ONE_REQUEST = 200
VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "rfc9162-merkle" / "inclusion"

ADMIN = dev_account(0)
DIDS = ("did:web:one.example", "did:web:two.example")
ISSUERS = tuple(issuer_id(ADMIN.address, did) for did in DIDS)
SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 33, 64, 100)
STATUS_INDEXES = 512
LARGEST_INDEX = 2**64 - 1


class Verdict(IntEnum):
    """`CheckResult` of the contract."""

    VALID = 0
    NOT_ANCHORED = 1
    WITHDRAWN = 2
    NOT_INCLUDED = 3
    REVOKED = 4
    SUSPENDED = 5


@dataclass
class Arena:
    """A registry with batches of which some are withdrawn and some credentials are not good any more."""

    transport: Transport
    reader: RpcRegistryReader
    count: int
    seed: int = field(default_factory=lambda: secrets.randbits(64))
    proofs: list[Proof] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311 - chance, not secrecy
        self._registry = EthereumRegistry(self.reader, self.transport)
        for did, issuer in zip(DIDS, ISSUERS, strict=True):
            self._do(RegisterIssuer(did))
            self._do(SetOperator(issuer, ADMIN.address, Role.ANCHOR | Role.REVOKE, 0))
        for number, size in enumerate(SIZES):
            self._anchor(ISSUERS[number % 2], self.batch(ISSUERS[number % 2], size))
        for number in range(12):
            self._anchor(ISSUERS[number % 2], [self.large(ISSUERS[number % 2])])
        for action in (StatusAction.REVOKE, StatusAction.SUSPEND):
            for issuer in ISSUERS:
                words = tuple((word, self._one_bit_in_eight()) for word in range(STATUS_INDEXES >> 8))
                self._do(SetStatus(issuer, action, 1, words))
        for batch in self.random.sample(sorted({(proof.issuer_id, proof.root) for proof in self.proofs}), 3):
            self._do(WithdrawBatch(*batch, Reason.ISSUED_IN_ERROR))

    def _one_bit_in_eight(self) -> int:
        return self.random.getrandbits(256) & self.random.getrandbits(256) & self.random.getrandbits(256)

    def _do(self, call: RegistryCall) -> None:
        perform(self._registry, call, ADMIN)

    def _anchor(self, issuer: IssuerId, proofs: list[Proof]) -> None:
        self._do(AnchorBatch(issuer, proofs[0].root, proofs[0].tree_size))
        self.proofs += proofs

    def index(self) -> int:
        return self.random.choice([self.random.randrange(STATUS_INDEXES), LARGEST_INDEX])

    def batch(self, issuer: IssuerId, size: int) -> list[Proof]:
        """A whole tree."""
        leaves = [(self.random.randbytes(32), self.index()) for _ in range(size)]
        tree = MerkleTree(leaf_hash(entry(*leaf)) for leaf in leaves)
        return [
            Proof(issuer, tree.root, digest, index, number, size, tree.inclusion_path(number))
            for number, (digest, index) in enumerate(leaves)
        ]

    def large(self, issuer: IssuerId) -> Proof:
        """One leaf of a tree that is too large to build, with siblings that nobody ever hashed."""
        size = self.random.randrange(1, 2 ** self.random.randrange(1, 33))
        number = self.random.choice([0, size - 1, self.random.randrange(size)])
        path = tuple(self.random.randbytes(32) for _ in range(path_length(number, size)))
        digest, index = self.random.randbytes(32), self.index()
        root = reference.root_of(leaf_hash(entry(digest, index)), number, size, path)
        return Proof(issuer, root, digest, index, number, size, path)

    def damaged(self) -> Proof:
        return damaged(self.random, self.random.choice(self.proofs), self.proofs)

    @staticmethod
    def query(proof: Proof) -> StateQuery:
        return StateQuery(proof.issuer_id, proof.root, proof.status_index)

    def ask(self, questions: Sequence[Proof | Inclusion]) -> list[int]:
        """What the contract says."""
        calls = [
            ("eth_call", [{"to": as_hex(self.reader.registry), "data": as_hex(question.calldata)}, "latest"])
            for question in questions
        ]
        answers: list[object] = []
        for at in range(0, len(calls), CALLS_IN_ONE_REQUEST):
            answers += self.transport.request_batch(calls[at : at + CALLS_IN_ONE_REQUEST])
        return [Words(data(accepted(self.transport, answer)), 1).uint(0, 8) for answer in answers]


@pytest.fixture(scope="module", params=["embedded", pytest.param("anvil", marks=pytest.mark.node)])
def arena(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """Nothing here changes it once it stands."""
    if request.param == "embedded":
        with EmbeddedNode.open(tmp_path_factory.mktemp("embedded") / "chain", clock=Clock()) as node:
            address = deploy(node.transport(), ADMIN, chain_id=EMBEDDED_CHAIN_ID)
            reader = RpcRegistryReader([node.transport()], address, EMBEDDED_CHAIN_ID)
            yield Arena(node.transport(), reader, PROOFS_ON_PY_EVM)
        return
    with closing(Line(request.getfixturevalue("anvil"))) as line:
        address = deploy(line, ADMIN, chain_id=ANVIL_CHAIN_ID, salt=another_salt())
        yield Arena(line, RpcRegistryReader([line], address, ANVIL_CHAIN_ID, "latest"), PROOFS)


# --- check ----------------------------------------------------------------------------------------------------------


def verdict(state: CredentialState, proof: Proof) -> Verdict:
    """What Python says, of what the registry stores."""
    if state.anchor is None:
        return Verdict.NOT_ANCHORED
    if state.anchor.withdrawn_at:
        return Verdict.WITHDRAWN
    leaf = leaf_hash(entry(proof.digest, proof.status_index))
    included = accepts(Inclusion(proof.root, leaf, proof.leaf_index, proof.tree_size, proof.path))
    if state.anchor.tree_size != proof.tree_size or not included:
        return Verdict.NOT_INCLUDED
    if state.revoked:
        return Verdict.REVOKED
    return Verdict.SUSPENDED if state.suspended else Verdict.VALID


def accepts(inclusion: Inclusion) -> bool:
    try:
        root = root_from_path(inclusion.leaf, inclusion.leaf_index, inclusion.tree_size, inclusion.path)
    except InvalidProof:
        return False
    return root == inclusion.root


def test_the_contract_checks_as_python_does(arena: Arena) -> None:
    proofs = [arena.damaged() for _ in range(arena.count)]
    states = arena.reader.read([], [arena.query(proof) for proof in proofs], []).credentials
    expected = [verdict(state, proof) for state, proof in zip(states, proofs, strict=True)]
    for proof, found, wanted in zip(proofs, arena.ask(proofs), expected, strict=True):
        assert found == wanted, f"seed {arena.seed}: {proof}"
    if arena.count >= PROOFS:
        assert Counter(expected).keys() == set(Verdict), f"seed {arena.seed}"


def test_every_good_proof_is_judged_by_its_status_alone(arena: Arena) -> None:
    states = arena.reader.read([], [arena.query(proof) for proof in arena.proofs], []).credentials
    for proof, state, found in zip(arena.proofs, states, arena.ask(arena.proofs), strict=True):
        assert found != Verdict.NOT_INCLUDED
        assert found == verdict(state, proof), f"seed {arena.seed}: {proof}"


# --- isIncluded -----------------------------------------------------------------------------------------------------


def in_words_of_the_rfc(inclusion: Inclusion) -> bool:
    if inclusion.leaf_index >= inclusion.tree_size:
        return False
    try:
        found = reference.root_of(inclusion.leaf, inclusion.leaf_index, inclusion.tree_size, inclusion.path)
    except ValueError:
        return False
    return found == inclusion.root


def test_inclusion_in_trees_of_any_size_is_as_in_python_and_in_the_rfc(arena: Arena) -> None:
    asked = list(inclusions(arena.random, arena.count))
    for inclusion, found in zip(asked, arena.ask(asked), strict=True):
        assert bool(found) == accepts(inclusion) == in_words_of_the_rfc(inclusion), f"seed {arena.seed}: {inclusion}"
    assert {accepts(inclusion) for inclusion in asked} == {True, False}


def test_calls_are_encoded_as_the_abi_says(arena: Arena) -> None:
    proof, inclusion = arena.proofs[-1], next(inclusions(arena.random, 1))
    fields = (proof.issuer_id, proof.root, proof.digest, proof.status_index, proof.leaf_index, proof.tree_size)
    assert proof.calldata == calldata("check", *fields, proof.path)
    asked = (inclusion.root, inclusion.leaf, inclusion.leaf_index, inclusion.tree_size, inclusion.path)
    assert inclusion.calldata == calldata("isIncluded", *asked)


# --- published vectors ----------------------------------------------------------------------------------------------


def test_the_published_vectors_hold_in_the_contract(arena: Arena) -> None:
    """72 of the 98 can be asked. The other 26 have a hash of another length than 32 bytes: no call can say that."""
    asked, wanted, unsayable = [], [], []
    for file in sorted(VECTORS.rglob("*.json")):
        vector = json.loads(file.read_bytes())
        path = tuple(base64.b64decode(node) for node in vector["proof"] or ())
        root, leaf = base64.b64decode(vector["root"]), base64.b64decode(vector["leafHash"])
        inclusion = Inclusion(root, leaf, vector["leafIdx"], vector["treeSize"], path)
        if {len(one) for one in (root, leaf, *path)} == {WORD}:
            asked.append(inclusion)
            wanted.append(not vector["wantErr"])
            continue
        unsayable.append(vector["wantErr"])
        with pytest.raises(ValueError, match="expected 32 bytes"):
            _ = inclusion.calldata
    assert [bool(found) for found in arena.ask(asked)] == wanted
    assert (len(asked), sum(wanted), len(unsayable)) == (72, 6, 26)
    assert all(unsayable)
