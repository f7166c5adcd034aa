"""The Ethereum Attestation Service: one contract for everybody, a record for each attestation."""

from __future__ import annotations

from collections.abc import Sequence

from eth_abi.abi import encode
from eth_account.messages import encode_typed_data

from benchmarks.gas.acts import Answer, Cell, Figure, Missing, System
from benchmarks.gas.chain import Chain, Mined, account, calldata, chunks
from benchmarks.gas.document_stores import named, total
from benchmarks.gas.packages import code_in_artifact, compiler, installed
from ledger.chain.accounts import dev_account
from ledger.chain.addresses import checksum_address, keccak
from ledger.chain.networks import ANVIL_CHAIN_ID
from ledger.chain.registry import Address

DEPLOYER, ISSUER, ACCREDITOR, RELAY = (account(number) for number in range(30, 34))
NOBODY = Address(bytes(20))
_DATA = "(address,uint64,bool,bytes32,bytes,uint256)"
_ATTEST = f"attest((bytes32,{_DATA}))"
_MULTI_ATTEST = f"multiAttest((bytes32,{_DATA}[])[])"
_BY_DELEGATION = f"attestByDelegation((bytes32,{_DATA},(uint8,bytes32,bytes32),address,uint64))"
_MULTI_REVOKE = "multiRevoke((bytes32,(bytes32,uint256)[])[])"
_ATTESTATION = "(bytes32,bytes32,uint64,uint64,uint64,bytes32,address,address,bool,bytes)"
_SIGNED = (
    *("attester:address", "schema:bytes32", "recipient:address", "expirationTime:uint64", "revocable:bool"),
    *("refUID:bytes32", "data:bytes", "value:uint256", "nonce:uint256", "deadline:uint64"),
)


def request(data: bytes, recipient: Address = NOBODY, expires: int = 0) -> tuple[object, ...]:
    """What is attested, revocable."""
    return (recipient, expires, True, bytes(32), data, 0)


class Service:
    """The two contracts, and a schema that holds one Merkle root."""

    def __init__(self, chain: Chain, registry_code: bytes, code: bytes) -> None:
        self.chain = chain
        registry, made_registry = chain.deploy(DEPLOYER, registry_code)
        self.address, made = chain.deploy(DEPLOYER, code, encode(["address"], [registry]))
        gas = made_registry.gas + made.gas
        self.deployed = Figure("constructor", gas, transactions=2, remark="once for all issuers")
        mined = chain.send(DEPLOYER, registry, calldata("register(string,address,bool)", "bytes32 root", NOBODY, True))
        self.registered, self.schema = (
            Figure("register", mined.gas, remark="a schema, once for all"),
            mined.logs[0][0][1],
        )

    def do(self, sender: Address, signature: str, *values: object) -> Mined:
        return self.chain.send(sender, self.address, calldata(signature, *values))

    def attest(self, root: bytes) -> Mined:
        return self.do(ISSUER, _ATTEST, (self.schema, request(root)))

    def attest_many(self, roots: Sequence[bytes]) -> Mined:
        return self.do(ISSUER, _MULTI_ATTEST, [(self.schema, [request(root) for root in roots])])

    def attest_by_delegation(self, root: bytes, nonce: int) -> Mined:
        """An attestation that `dev_account(1)` signed and the relay pays for."""
        attester = dev_account(1)
        values = (checksum_address(attester.address), self.schema, checksum_address(NOBODY), 0, True)
        names = [member.split(":") for member in _SIGNED]
        message = encode_typed_data(
            domain_data={
                "name": "EAS",
                "version": self.chain.ask(self.address, "version()", answer="string"),
                "chainId": ANVIL_CHAIN_ID,
                "verifyingContract": checksum_address(self.address),
            },
            message_types={"Attest": [{"name": name, "type": kind} for name, kind in names]},
            message_data=dict(zip((name for name, _ in names), (*values, bytes(32), root, 0, nonce, 0), strict=True)),
        )
        signature = attester.sign_act(ANVIL_CHAIN_ID, keccak(b"\x19\x01" + message.header + message.body))
        parts = (signature[64], signature[:32], signature[32:64])
        return self.do(RELAY, _BY_DELEGATION, (self.schema, request(root), parts, attester.address, 0))

    def revoke_many(self, uids: Sequence[bytes]) -> Figure:
        mined = self.do(ISSUER, _MULTI_REVOKE, [(self.schema, [(uid, 0) for uid in uids])])
        return Figure("multiRevoke", mined.gas, things=len(uids))

    def revoke_elsewhere(self, digests: Sequence[bytes]) -> Figure:
        mined = self.do(ISSUER, "multiRevokeOffchain(bytes32[])", digests)
        return Figure("multiRevokeOffchain", mined.gas, things=len(digests))

    def record(self, uid: bytes) -> tuple[object, ...]:
        """Id, schema, time, expiry, revocation, reference, recipient, attester, revocable, data."""
        found = self.chain.ask(self.address, "getAttestation(bytes32)", uid, answer=_ATTESTATION)
        assert isinstance(found, tuple)
        return found


def uids(mined: Mined) -> list[bytes]:
    """The ids of the attestations that a transaction made."""
    return [data for _, data in mined.logs]


def measure(chain: Chain) -> System:
    package = installed("@ethereum-attestation-service/eas-contracts")
    code = code_in_artifact(package, "artifacts/contracts/EAS.sol/EAS.json")
    registry_code = code_in_artifact(package, "artifacts/contracts/SchemaRegistry.sol/SchemaRegistry.json")
    service = Service(chain, registry_code, code)
    roots, ten = named("batch", 12), named("of ten", 10)
    service.attest(roots[11])
    attested = [service.attest(root) for root in roots[:3]]
    stamped = [service.do(ISSUER, "timestamp(bytes32)", root) for root in roots[3:6]]
    scope = request(keccak(b"a scope"), ISSUER, 2**64 - 1)
    recognition = service.do(ACCREDITOR, _ATTEST, (service.schema, scope))
    assert service.record(uids(recognition)[0])[3] == 2**64 - 1
    assert service.record(uids(recognition)[0])[6:8] == ("0x" + ISSUER.hex(), "0x" + ACCREDITOR.hex())
    acts: dict[str, Cell] = {
        "deploy": (service.deployed,),
        "issuer": (service.registered,),
        "key": Missing("the account's key alone counts"),
        "accredit": (Figure("attest", recognition.gas),),
        "anchor_ten": (Figure("multiAttest", service.attest_many(ten).gas, things=10),),
        "withdraw": (_revoke_one(service, uids(attested[0])[0]),),
        "check_million": Missing("checks no Merkle proof"),
    }
    for number, act in enumerate(("anchor_1", "anchor_million", "anchor_most")):
        acts[act] = (Figure("attest", attested[number].gas), Figure("timestamp", stamped[number].gas))
    for nonce, act in enumerate(("sponsored_first", "sponsored_later")):
        mined = service.attest_by_delegation(roots[6 + nonce], nonce)
        acts[act] = (Figure("attestByDelegation", mined.gas),)
        assert service.record(uids(mined)[0])[7] == "0x" + dev_account(1).address.hex()
    acts |= _revocations(service)
    _read_back(service, uids(attested[0])[0], uids(attested[1])[0], roots[3])
    return System(
        name="EAS",
        package=package.name,
        version=package.version,
        licence=package.licence,
        code=f"as published in its artifacts, {compiler(code)}",
        acts=acts,
        answers={
            "issuer": Answer("`getAttestation`: account (`timestamp`: nobody)"),
            "time": Answer("`getAttestation`, `getTimestamp`: second"),
            "size": Answer(missing="a root only, unless the schema has it"),
            "batch": Answer("`getAttestation`: when"),
            "status": Answer("`getRevokeOffchain`, each document's hash: when"),
            "accreditation": Answer("`getAttestation`, if its id is known: from, until"),
            "key": Answer(missing="no record of signing keys"),
        },
    )


def _revocations(service: Service) -> dict[str, Cell]:
    """Credentials revoked by their hashes, under a batch's attestation; and where each was attested by itself."""
    one, two, few, many = (named(label, count) for label, count in (("a", 1), ("b", 1), ("c", 256), ("d", 10_240)))
    own = [
        uid
        for part in chunks(named("attested by itself", 2 + 256 + 10_240), 64)
        for uid in uids(service.attest_many(part))
    ]
    acts: dict[str, Cell] = {}
    for act, digest, uid in (("revoke_fresh", one[0], own[0]), ("revoke_used", two[0], own[1])):
        elsewhere = Figure("revokeOffchain", service.do(ISSUER, "revokeOffchain(bytes32)", digest).gas)
        acts[act] = (elsewhere, _revoke_one(service, uid))
    acts["revoke_256"] = (service.revoke_elsewhere(few), service.revoke_many(own[2:258]))
    acts["revoke_10240"] = (
        total([service.revoke_elsewhere(part) for part in chunks(many, 512)]),
        total([service.revoke_many(part) for part in chunks(own[258:], 256)]),
    )
    assert service.record(own[-1])[4]
    for digest in (one[0], many[-1]):
        assert service.chain.ask(service.address, "getRevokeOffchain(address,bytes32)", ISSUER, digest, answer="uint64")
    return acts


def _revoke_one(service: Service, uid: bytes) -> Figure:
    mined = service.do(ISSUER, "revoke((bytes32,(bytes32,uint256)))", (service.schema, (uid, 0)))
    return Figure("revoke", mined.gas)


def _read_back(service: Service, withdrawn: bytes, standing: bytes, stamped: bytes) -> None:
    record = service.record(standing)
    assert record[7] == "0x" + ISSUER.hex()
    assert record[2]
    assert not record[4]
    assert service.record(withdrawn)[4]
    assert service.chain.ask(service.address, "getTimestamp(bytes32)", stamped, answer="uint64")
