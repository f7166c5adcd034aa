"""OpenAttestation's document store, and the later one that TrustVC publishes: a contract for each issuer."""

from __future__ import annotations

from collections.abc import Sequence

from eth_abi.abi import encode

from benchmarks.gas.acts import Answer, Cell, Figure, Missing, System
from benchmarks.gas.chain import Chain, account, calldata, chunks
from benchmarks.gas.packages import Package, code_in_factory, compiler, installed
from ledger.chain.addresses import keccak

ISSUER, VERIFIER = account(20), account(21)
_NO_SIGNED_FORM = Missing("only the issuer's own account acts")
_NO_KEYS = Missing("the account's key alone counts")
_NO_RECOGNITION = Missing("the store's domain name is trusted instead")
_NOT_TOLD = {
    "size": Answer(missing="a root only"),
    "accreditation": Answer(missing="a domain name vouches, today"),
    "key": Answer(missing="documents carry no signature"),
}
_REVOKE = "revoke(bytes32,bytes32,bytes32[])"
_IS_ACTIVE = "isActive(bytes32,bytes32,bytes32[])"


def named(label: str, count: int) -> list[bytes]:
    """Hashes that stand for documents."""
    return [keccak(f"{label} {number}".encode()) for number in range(count)]


def pair_hash(left: bytes, right: bytes) -> bytes:
    """An inner node of OpenAttestation's tree: the smaller of two comes first."""
    return keccak(min(left, right) + max(left, right))


class SortedTree:
    """OpenAttestation's tree over hashes that stand for documents. A node without a neighbour rises as it is."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels = [list(leaves)]
        while len(level := self._levels[-1]) > 1:
            self._levels.append([pair_hash(*pair) if len(pair) == 2 else pair[0] for pair in chunks(level, 2)])

    @property
    def root(self) -> bytes:
        return self._levels[-1][0]

    def proof(self, leaf_index: int) -> tuple[bytes, bytes, list[bytes]]:
        """Root, leaf, and the siblings from the leaf upward."""
        places = ((level, (leaf_index >> height) ^ 1) for height, level in enumerate(self._levels[:-1]))
        siblings = [level[sibling] for level, sibling in places if sibling < len(level)]
        return self.root, self._levels[0][leaf_index], siblings


class Store:
    """A store of one issuer."""

    def __init__(self, chain: Chain, code: bytes) -> None:
        self.chain = chain
        self.address, self.deployed = chain.deploy(
            ISSUER, code, encode(["string", "address"], ["A university", ISSUER])
        )

    def do(self, name: str, signature: str, *values: object, things: int = 1) -> Figure:
        mined = self.chain.send(ISSUER, self.address, calldata(signature, *values))
        return Figure(name, mined.gas, things=things)

    def ask(self, signature: str, *values: object, answer: str) -> object:
        return self.chain.ask(self.address, signature, *values, answer=answer, sender=VERIFIER)


def total(figures: Sequence[Figure]) -> Figure:
    """The same call, many times."""
    return Figure(
        figures[0].call,
        sum(figure.gas for figure in figures),
        sum(figure.transactions for figure in figures),
        sum(figure.things for figure in figures),
    )


def measure_openattestation(chain: Chain) -> System:
    package = installed("@govtechsg/document-store")
    code = code_in_factory(package, "dist/contracts/factories/contracts/DocumentStore__factory.js", "DocumentStore")
    store = Store(chain, code)
    batches, ten, documents = named("batch", 4), named("of ten", 10), named("document", 2 + 256 + 10_240)

    def revoke_many(hashes: Sequence[bytes]) -> Figure:
        return store.do("bulkRevoke", "bulkRevoke(bytes32[])", hashes, things=len(hashes))

    store.do("issue", "issue(bytes32)", batches[3])
    acts = _shared(store) | {
        act: (store.do("issue", "issue(bytes32)", batch),)
        for act, batch in zip(("anchor_1", "anchor_million", "anchor_most"), batches[:3], strict=True)
    }
    acts |= {
        "anchor_ten": (store.do("bulkIssue", "bulkIssue(bytes32[])", ten, things=10),),
        "withdraw": (store.do("revoke", "revoke(bytes32)", batches[0]),),
        "revoke_fresh": (store.do("revoke", "revoke(bytes32)", documents[0]),),
        "revoke_used": (store.do("revoke", "revoke(bytes32)", documents[1]),),
        "revoke_256": (revoke_many(documents[2:258]),),
        "revoke_10240": (total([revoke_many(part) for part in chunks(documents[258:], 512)]),),
        "check_million": Missing("knows roots, not proofs"),
    }
    issued = store.ask("getIssuedBlock(bytes32)", batches[1], answer="uint256")
    assert isinstance(issued, int)
    assert chain.time_of(issued) > 0
    for revoked in (batches[0], documents[0], documents[-1]):
        assert store.ask("isRevoked(bytes32)", revoked, answer="bool")
    return System(
        name="OpenAttestation",
        package=package.name,
        version=package.version,
        licence=package.licence,
        code=f"as published in its TypeChain factory, {compiler(code)}",
        acts=acts,
        answers={
            "issuer": Answer("the store's address"),
            "time": Answer("`getIssuedBlock`: block"),
            "batch": Answer("`isRevoked`"),
            "status": Answer("`isRevoked`, each document's hash"),
            **_NOT_TOLD,
        },
    )


def measure_trustvc(chain: Chain) -> System:
    package = installed("@trustvc/document-store")
    code = code_in_factory(package, "index.mjs", "DocumentStore")
    store = Store(chain, code)
    batches, ten = named("batch", 4), named("of ten", 10)
    few, many = (SortedTree(named(label, 10_240)) for label in ("one of few", "one of many"))

    def revoke_many(tree: SortedTree, leaves: Sequence[int]) -> Figure:
        calls = [calldata(_REVOKE, *tree.proof(leaf)) for leaf in leaves]
        return store.do("multicall", "multicall(bytes[])", calls, things=len(calls))

    for root in (batches[3], few.root, many.root):
        store.do("issue", "issue(bytes32)", root)
    acts = _shared(store) | {
        act: (store.do("issue", "issue(bytes32)", batch),)
        for act, batch in zip(("anchor_1", "anchor_million", "anchor_most"), batches[:3], strict=True)
    }
    tens = [calldata("issue(bytes32)", root) for root in ten]
    acts |= {
        "anchor_ten": (store.do("multicall", "multicall(bytes[])", tens, things=10),),
        "withdraw": (store.do("revoke", "revoke(bytes32)", batches[0]),),
        "revoke_fresh": (store.do("revoke", _REVOKE, *few.proof(0)),),
        "revoke_used": (store.do("revoke", _REVOKE, *few.proof(1)),),
        "revoke_256": (revoke_many(few, range(256, 512)),),
        "revoke_10240": (total([revoke_many(many, part) for part in chunks(range(10_240), 256)]),),
        "check_million": (_check_of_a_million(store),),
    }
    acts["deploy"] = (*_deployment(store), _clone(chain, package))
    assert store.ask("isIssued(bytes32)", batches[1], answer="bool")
    assert store.ask("isRevoked(bytes32)", batches[0], answer="bool")
    for leaf in (0, 10_239):
        assert store.ask("isRevoked(bytes32,bytes32,bytes32[])", *many.proof(leaf), answer="bool")
    return System(
        name="TrustVC",
        package=package.name,
        version=package.version,
        licence=package.licence,
        code=f"as published in its TypeChain factory, {compiler(code)}",
        acts=acts,
        answers={
            "issuer": Answer("the store's address"),
            "time": Answer(missing="`isIssued` says only that it was"),
            "batch": Answer("`isRevoked`"),
            "status": Answer("`isRevoked`, with its proof"),
            **_NOT_TOLD,
        },
    )


def _shared(store: Store) -> dict[str, Cell]:
    assert store.ask("hasRole(bytes32,address)", keccak(b"ISSUER_ROLE"), ISSUER, answer="bool")
    return {
        "deploy": _deployment(store),
        "issuer": Missing("the deployment is it"),
        "key": _NO_KEYS,
        "accredit": _NO_RECOGNITION,
        "sponsored_first": _NO_SIGNED_FORM,
        "sponsored_later": _NO_SIGNED_FORM,
    }


def _deployment(store: Store) -> tuple[Figure, ...]:
    return (Figure("constructor", store.deployed.gas, remark="for each issuer"),)


def _clone(chain: Chain, package: Package) -> Figure:
    """A minimal proxy (EIP-1167) in front of a store that exists once, which makes each later act a little dearer."""
    code = code_in_factory(package, "index.mjs", "DocumentStoreInitializable")
    implementation, _ = chain.deploy(ISSUER, code)
    proxy = bytes.fromhex("3d602d80600a3d3981f3363d3d373d3d3d363d73") + implementation
    clone, made = chain.deploy(ISSUER, proxy + bytes.fromhex("5af43d82803e903d91602b57fd5bf3"))
    started = chain.send(ISSUER, clone, calldata("initialize(string,address)", "A university", ISSUER))
    assert chain.ask(clone, "hasRole(bytes32,address)", keccak(b"ISSUER_ROLE"), ISSUER, answer="bool")
    return Figure("initialize", made.gas + started.gas, transactions=2, remark="as a clone")


def _check_of_a_million(store: Store) -> Figure:
    document, siblings = named("one of a million", 1)[0], named("sibling", 20)
    root = document
    for sibling in siblings:
        root = pair_hash(root, sibling)
    store.do("issue", "issue(bytes32)", root)
    assert store.ask(_IS_ACTIVE, root, document, siblings, answer="bool")
    mined = store.chain.send(VERIFIER, store.address, calldata(_IS_ACTIVE, root, document, siblings))
    return Figure("isActive", mined.gas)
