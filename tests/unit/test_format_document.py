"""`docs/format.md` says what the code does: every worked value is computed again, every code is one that exists."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from ledger.chain.addresses import issuer_id, keccak
from ledger.chain.registry import Address
from ledger.documents import did, strict_json
from ledger.documents.accreditation import parse_accreditation
from ledger.documents.canonical import canonicalize, digest, digest_multibase, parse_digest_multibase
from ledger.documents.credential import status_entry
from ledger.documents.keys import ed25519_key, encode_multikey, parse_multikey
from ledger.errors import InvalidProof
from ledger.proofs import anchor_proof, merkle, status_list

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")
VECTORS = ROOT / "tests" / "vectors" / "cairn-anchor-2026"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def rows(*header: str) -> list[list[str]]:
    """The rows of the table with this header, each as its cells."""
    start = TEXT.index(f"| {' | '.join(header)} |")
    lines = TEXT[start:].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def vector(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_bytes())
    return value


CREDENTIAL, AWARD = vector("included/leaf-2-of-5"), vector("award/components-anchored")


def credential_values() -> dict[str, str]:
    document = CREDENTIAL["document"]
    proof = anchor_proof.from_proof(CREDENTIAL["proof"])
    entry = merkle.entry(digest(document), proof.status_index)
    node = merkle.node_hash(merkle.leaf_hash(entry), proof.path[0])
    above = merkle.node_hash(proof.path[1], node)
    return {
        "length of the JCS form": str(len(rfc8785.dumps(document))),
        "digest": digest(document).hex(),
        "digestMultibase": digest_multibase(digest(document)),
        "status index": str(proof.status_index),
        "entry": entry.hex(),
        "leaf": merkle.leaf_hash(entry).hex(),
        "sibling 1, right": proof.path[0].hex(),
        "node": node.hex(),
        "sibling 2, left": proof.path[1].hex(),
        "node above": above.hex(),
        "sibling 3, right": proof.path[2].hex(),
        "root": merkle.node_hash(above, proof.path[2]).hex(),
        "proofValue": CREDENTIAL["proof"]["proofValue"],
    }


def issuer_values() -> dict[str, str]:
    creator, identifier = "f39fd6e51aad88f6f4ce6ab8827279cfffb92266", "did:web:cairn.example:issuers:usm"
    key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    (statement,) = [json.loads(block) for block in blocks("json") if "AccreditationStatement" in block]
    return {
        "creator": creator,
        "DID": identifier,
        "keccak-256 of the DID": keccak(identifier.encode()).hex(),
        "issuer id": issuer_id(Address(bytes.fromhex(creator)), identifier).hex(),
        "public key": key,
        "Multikey": encode_multikey(ed25519_key(bytes.fromhex(key))),
        "scope of the statement": parse_accreditation(statement).scope().hex(),
    }


def award_values() -> dict[str, str]:
    proof = anchor_proof.from_proof(AWARD["proof"])
    assert proof.evidence is not None
    document = AWARD["document"]
    named = [parse_digest_multibase(entry["digestMultibase"]) for entry in document["relatedResource"]]
    values = {
        "digest of the award": digest(document).hex(),
        "root of the award": proof.root_for(digest(document)).hex(),
        "length of the pathway": str(len(proof.evidence.pathway)),
        "digest of the pathway": hashlib.sha256(proof.evidence.pathway).hexdigest(),
    }
    assert named[0].hex() == values["digest of the pathway"]
    for number, component in enumerate(proof.evidence.components, start=1):
        values[f"digest of component {number}"] = named[number].hex()
        values[f"root of component {number}"] = component.root_for(named[number]).hex()
    return values


def test_every_worked_value_is_what_the_code_computes() -> None:
    written: dict[str, str] = {}
    for line in "".join(blocks("values")).splitlines():
        name, value = (part.strip() for part in line.split(" = "))
        assert name not in written
        written[name] = value
    assert written == credential_values() | issuer_values() | award_values()


def test_the_worked_encodings_are_those_of_the_vectors() -> None:
    hexadecimal = re.compile(r"^[ ]*((?:[0-9a-f]{2}|[0-9a-f]{4,}|[ ](?![ ]))+)(?:[ ]{2,}.*)?$")
    written = []
    for block in blocks("cbor"):
        matches = [hexadecimal.fullmatch(line) for line in block.splitlines()]
        written.append("".join(match[1].replace(" ", "") for match in matches if match))
        assert all(matches)
    proofs = [anchor_proof.from_proof(one["proof"]) for one in (CREDENTIAL, AWARD)]
    assert written == [proof.encode().hex() for proof in proofs]


def test_the_computation_of_the_root_is_the_one_that_is_printed() -> None:
    (program,) = blocks("python")
    names: dict[str, Any] = {"sha256": lambda data: hashlib.sha256(data).digest()}
    exec(program, names)  # noqa: S102 - the program in the document is what is tested
    root_from_path = names["root_from_path"]
    for size in range(1, 34):
        leaves = [merkle.leaf_hash(bytes([number])) for number in range(size)]
        tree = merkle.MerkleTree(leaves)
        for index, leaf in enumerate(leaves):
            path = tree.inclusion_path(index)
            assert root_from_path(leaf, index, size, path) == tree.root
            for bad_index, bad_path in ((size, path), (-1, path), (index, path[:-1]), (index, (*path, leaf))):
                if bad_path == path and bad_index == index:
                    continue  # a tree of one leaf has no hash to take away
                assert refusal(root_from_path, leaf, bad_index, size, bad_path) == refusal(
                    merkle.root_from_path, leaf, bad_index, size, bad_path
                )


def refusal(function: Any, *arguments: Any) -> str:
    with pytest.raises((ValueError, InvalidProof)) as caught:
        function(*arguments)
    return caught.value.code if isinstance(caught.value, InvalidProof) else str(caught.value)


def test_the_printed_did_document_is_the_one_that_we_publish() -> None:
    (printed,) = [json.loads(block) for block in blocks("json") if "CairnRegistry" in block]
    key = parse_multikey(printed["verificationMethod"][0]["publicKeyMultibase"]).data
    endpoint = printed["service"][0]["serviceEndpoint"]
    written = did.did_document(printed["id"], {1: key}, endpoint["registry"], bytes.fromhex(endpoint["issuerId"][2:]))
    assert printed == written


def test_the_printed_proof_and_statement_are_those_that_are_written() -> None:
    printed = [json.loads(block) for block in blocks("json")]
    proof = {**CREDENTIAL["proof"], "proofValue": "u…"}
    assert proof in printed
    assert issuer_values()["issuer id"] in str(printed)
    (statement,) = [one for one in printed if one.get("type") == "AccreditationStatement"]
    assert canonicalize(statement) == canonicalize(parse_accreditation(statement).to_dict())


def test_the_places_of_status_indexes_are_right() -> None:
    table = rows("status index", "word", "bit", "list", "entry", "byte", "mask")
    assert len(table) == 5
    for cells in table:
        status_index = int(cells[0])
        named = status_entry("https://cairn.example", status_index)
        number, entry = str(named["statusListCredential"]).rpartition("/")[2], int(str(named["statusListIndex"]))
        bits = status_list.decode_bits(status_list.encode_bits([entry]))
        (place,) = [at for at, byte in enumerate(bits) if byte]
        word, bit = divmod(status_index, 256)
        assert cells[1:] == [*map(str, (word, bit, number, entry, place)), f"{bits[place]:02x}"]


def test_did_web_addresses_are_right() -> None:
    table = rows("DID", "its document")
    assert len(table) == 3
    for identifier, url in table:
        assert did.document_url(identifier) == url


def test_selectors_are_those_of_the_contract() -> None:
    artifact = json.loads((ROOT / "ledger/chain/artifacts/CredentialRegistry.json").read_bytes())
    functions = {entry["name"] for entry in artifact["abi"] if entry["type"] == "function"}
    table = rows("function", "selector", "for")
    assert len(table) == 2
    for signature, selector, _ in table:
        assert keccak(signature.strip("`").encode())[:4].hex() == selector
        assert signature.strip("`").split("(")[0] in functions


def test_the_limits_are_those_of_the_code() -> None:
    limits = strict_json.DOCUMENT
    assert (limits.max_bytes, limits.depth, limits.keys, limits.items, limits.string) == (
        5 * 2**20,
        32,
        200,
        1000,
        8192,
    )
    assert anchor_proof.MAX_PATH_LENGTH == 40
    assert anchor_proof.MAX_COMPONENTS == 64
    assert anchor_proof.MAX_PATHWAY_SIZE == 64 * 1024
    assert anchor_proof.MAX_TREE_SIZE == 2**32 - 1
    assert status_list.MAX_BITSTRING_SIZE == 4 * 2**20


def documented_codes() -> set[str]:
    tables = (
        ("rule", "code"),
        ("code", "when"),
        ("check", "outcome", "code", "when"),
    )
    return {
        code
        for header in tables
        for cells in rows(*header)
        for code in re.findall(r"`([a-z_]+)`", cells[header.index("code")])
    }


@pytest.mark.parametrize("code", sorted(documented_codes()))
def test_every_code_in_the_document_is_one_that_the_code_gives(code: str) -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "ledger").rglob("*.py")]
    assert any(f'"{code}"' in source for source in sources)


def test_every_code_of_the_verifier_is_in_the_document() -> None:
    documented = documented_codes() | {"ok", "valid", "check_not_run"}
    made = re.compile(
        r"Outcome\.[A-Z]+,\s*\"([a-z_]+)\"|_Fault\(\s*\"([a-z_]+)\"|Unknown\(\s*\"([a-z_]+)\""
        r"|_not_included\(\s*\"([a-z_]+)\""
    )
    found = set()
    for path in (ROOT / "ledger" / "verifying").glob("*.py"):
        found |= {code for match in made.findall(path.read_text(encoding="utf-8")) for code in match if code}
    assert len(found) > 40
    assert found <= documented
