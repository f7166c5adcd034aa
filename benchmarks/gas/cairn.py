"""Cairn's registry, with the accounts, roots and words of `contracts/test/gas.t.sol`, so that the figures are equal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256

from eth_account.messages import encode_typed_data

from benchmarks.gas.acts import Answer, Cell, Figure, Missing, System
from benchmarks.gas.chain import START, Chain, Mined, account, calldata
from ledger.chain.abi import encode_call, payload_hash
from ledger.chain.accounts import dev_account
from ledger.chain.addresses import checksum_address, issuer_id, keccak
from ledger.chain.artifact import artifact
from ledger.chain.networks import ANVIL_CHAIN_ID
from ledger.chain.reader import RpcRegistryReader
from ledger.chain.registry import (
    FOREVER,
    Accredit,
    AddKey,
    Address,
    AnchorBatch,
    Authorization,
    IssuerId,
    Reason,
    RegisterIssuer,
    RegistryCall,
    Role,
    SetOperator,
    SetStatus,
    SponsoredCall,
    StateQuery,
    StatusAction,
    WithdrawBatch,
)
from ledger.proofs.merkle import entry, leaf_hash, root_from_path

DID = "did:web:cairn.example:issuers:usm"
ADMIN, ANCHORER, REVOKER = (Address(value.to_bytes(20, "big")) for value in (0xAD0001, 0xAC0002, 0x4E0003))
ACCREDITOR, RELAY = account(1), account(2)
KEY = keccak(b"a key")
ALL = 2**256 - 1
MILLION = 1_000_000


class Cairn:
    """A registry with one issuer, its admin and its two machines."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.issuer: IssuerId = issuer_id(ADMIN, DID)
        self.registry, self.deployed = chain.deploy(ADMIN, artifact().bytecode)
        self.registered = self.do(ADMIN, RegisterIssuer(DID))
        for operator, role in ((ANCHORER, Role.ANCHOR), (REVOKER, Role.REVOKE), (signer(), Role.ANCHOR)):
            self.authorized = self.do(ADMIN, SetOperator(self.issuer, operator, role, START, FOREVER))

    def do(self, sender: Address, call: RegistryCall) -> Mined:
        return self.chain.send(sender, self.registry, encode_call(call))

    def anchor(self, root: bytes, tree_size: int) -> Mined:
        return self.do(ANCHORER, AnchorBatch(self.issuer, root, tree_size))

    def revoke(self, *words: tuple[int, int]) -> Mined:
        return self.do(REVOKER, SetStatus(self.issuer, StatusAction.REVOKE, Reason.ISSUED_IN_ERROR, words))


def signer() -> Address:
    """An operator that signs and never pays."""
    return dev_account(1).address


def numbered_root(number: int) -> bytes:
    return keccak(number.to_bytes(32, "big"))


def sponsored(cairn: Cairn, root: bytes, nonce: int) -> SponsoredCall:
    """An anchor as an operator's key signs it, by an implementation of EIP-712 that is not ours."""
    act = AnchorBatch(cairn.issuer, root, 1)
    words = ("issuerId:bytes32", "operator:address", "action:bytes4", "payloadHash:bytes32", "nonce:uint256")
    message = encode_typed_data(
        domain_data={
            "name": "Cairn Credential Registry",
            "version": "1",
            "chainId": ANVIL_CHAIN_ID,
            "verifyingContract": checksum_address(cairn.registry),
        },
        message_types={
            "SponsoredAct": [
                {"name": name, "type": kind} for name, kind in (word.split(":") for word in (*words, "deadline:uint64"))
            ]
        },
        message_data={
            "issuerId": cairn.issuer,
            "operator": checksum_address(signer()),
            "action": artifact().selectors["anchor"],
            "payloadHash": payload_hash(act),
            "nonce": nonce,
            "deadline": FOREVER,
        },
    )
    signature = dev_account(1).sign_act(ANVIL_CHAIN_ID, keccak(b"\x19\x01" + message.header + message.body))
    return SponsoredCall(act, Authorization(signer(), nonce, FOREVER, signature))


def check_of_a_million(cairn: Cairn) -> Mined:
    """`check` of a leaf whose path has as many hashes as any in a tree of a million, sent as a transaction."""
    digest, index = sha256(b"document").digest(), 77 * 256
    path = [sha256(b"sibling %d" % level).digest() for level in range(20)]
    root = root_from_path(leaf_hash(entry(digest, index)), 0, MILLION, path)
    cairn.anchor(root, MILLION)
    signature = "check(bytes32,bytes32,bytes32,uint64,uint32,uint32,bytes32[])"
    question = (cairn.issuer, root, digest, index, 0, MILLION, path)
    if cairn.chain.ask(cairn.registry, signature, *question, answer="uint8") != 0:
        raise AssertionError("check does not find what was anchored")
    return cairn.chain.send(RELAY, cairn.registry, calldata(signature, *question))


def measure(chain: Chain) -> System:
    cairn = Cairn(chain)
    acts: dict[str, Cell] = {
        "deploy": _one("constructor", cairn.deployed, remark="once for all issuers"),
        "issuer": (*_one("registerIssuer", cairn.registered), *_one("setOperator", cairn.authorized)),
        "key": (
            *_one("addKey", cairn.do(ADMIN, AddKey(cairn.issuer, KEY)), remark="the first"),
            *_one("addKey", cairn.do(ADMIN, AddKey(cairn.issuer, keccak(b"another key"))), remark="a later one"),
        ),
        "accredit": _one("accredit", cairn.do(ACCREDITOR, Accredit(cairn.issuer, FOREVER, keccak(b"a scope")))),
    }
    for number, (act, size) in enumerate((("anchor_1", 1), ("anchor_million", MILLION), ("anchor_most", 2**32 - 1))):
        acts[act] = _one("anchor", cairn.anchor(numbered_root(number), size))
    acts["anchor_ten"] = Missing("one root covers all")
    for nonce, act in enumerate(("sponsored_first", "sponsored_later")):
        acts[act] = _one("anchorFor", cairn.do(RELAY, sponsored(cairn, numbered_root(100 + nonce), nonce)))
    acts |= {
        "revoke_fresh": _one("setStatus", cairn.revoke((5, 1 << 77))),
        "revoke_used": _one("setStatus", cairn.revoke((5, 1 << 78))),
        "revoke_256": _one("setStatus", cairn.revoke((2**64 - 1, ALL)), 256),
        "revoke_10240": _one("setStatus", cairn.revoke(*((1_000 + word, ALL) for word in range(40))), 10_240),
        "withdraw": _one(
            "withdraw", cairn.do(REVOKER, WithdrawBatch(cairn.issuer, numbered_root(0), Reason.ISSUED_IN_ERROR))
        ),
        "check_million": _one("check", check_of_a_million(cairn)),
    }
    return System(
        name="Cairn",
        package="CredentialRegistry",
        version=f"of this repository, code hash 0x{keccak(artifact().deployed_bytecode).hex()}",
        licence="Apache-2.0",
        code=f"the committed artifact, {_compiler()}",
        acts=acts,
        answers=_answers(cairn),
    )


def _one(call: str, mined: Mined, things: int = 1, remark: str = "") -> tuple[Figure, ...]:
    return (Figure(call, mined.gas, things=things, remark=remark),)


def _compiler() -> str:
    from scripts.build_artifacts import ARTIFACT

    return "solc " + str(json.loads(ARTIFACT.read_text(encoding="utf-8"))["solc"]).split("+")[0]


def _answers(cairn: Cairn) -> dict[str, Answer]:
    """Reads everything back in one call of `states`, as a verifier does."""
    queries: Sequence[StateQuery] = (
        StateQuery(cairn.issuer, numbered_root(0), 0),
        StateQuery(cairn.issuer, numbered_root(1), 5 * 256 + 77),
    )
    reader = RpcRegistryReader([cairn.chain.transport], cairn.registry, ANVIL_CHAIN_ID, "latest")
    reading = reader.read([cairn.issuer], queries, [ACCREDITOR])
    issuer, (withdrawn, revoked) = reading.issuers[cairn.issuer], reading.credentials
    assert issuer is not None
    assert issuer.did_hash == keccak(DID.encode())
    assert withdrawn.anchor is not None
    assert revoked.anchor is not None
    assert withdrawn.anchor.withdrawn_at > 0
    assert revoked.anchor.anchored_at == cairn.chain.time_of(revoked.anchor.block_number)
    assert revoked.anchor.tree_size == MILLION
    assert revoked.revoked
    assert revoked.accreditation is not None
    assert KEY in [key.key for key in issuer.keys if key.covers(revoked.anchor.anchored_at)]
    return {
        "issuer": Answer("`states`: id, hash of the DID"),
        "time": Answer("`states`: second and block"),
        "size": Answer("`states`"),
        "batch": Answer("`states`: when and why"),
        "status": Answer("`states`: revoked, suspended"),
        "accreditation": Answer("`states`: by whom, from, until"),
        "key": Answer("`states`: from, until"),
    }
