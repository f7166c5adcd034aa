"""Section 20 of `docs/format.md`, worked again with nothing of ours but the file: any program can judge a receipt."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import rfc8785
from nacl.signing import VerifyKey

from ledger.documents.codecs import decode_base58_within
from ledger.documents.did import parse_did_document
from ledger.receipts.reading import receipt_in
from ledger.receipts.signature import judge, keys_in

ROOT = Path(__file__).resolve().parents[3]
VECTOR = ROOT / "tests" / "vectors" / "receipts"
RECEIPT: dict[str, Any] = json.loads((VECTOR / "receipt.json").read_bytes())
SECTION = (ROOT / "docs" / "format.md").read_text(encoding="utf-8").split("\n## 20. ", 1)[1].split("\n## ", 1)[0]
ROWS = dict(re.findall(r"^\| ([^|]+) \| `?([^|`]+)`? \|$", SECTION, re.MULTILINE))


def test_the_worked_values_are_those_of_the_file() -> None:
    proof = dict(RECEIPT["proof"])
    value = proof.pop("proofValue")
    bare = {name: member for name, member in RECEIPT.items() if name != "proof"}
    options = hashlib.sha256(rfc8785.dumps(proof)).digest()
    document = hashlib.sha256(rfc8785.dumps(bare)).digest()
    key = parse_did_document(json.loads((VECTOR / "did.json").read_bytes())).keys[proof["verificationMethod"]]
    VerifyKey(key).verify(options + document, decode_base58_within(value[1:], limit=64))

    assert ROWS["length of the JCS form without `proof`"] == str(len(rfc8785.dumps(bare)))
    assert ROWS["SHA-256 of the JCS form of the proof without `proofValue`"] == options.hex()
    assert ROWS["SHA-256 of the JCS form of the receipt without `proof`"] == document.hex()
    assert ROWS["public key"] == key.hex()
    assert ROWS["`proofValue`"] == value


def test_our_own_reader_takes_the_file() -> None:
    receipt = receipt_in((VECTOR / "receipt.json").read_bytes())
    assert receipt is not None
    assert judge(receipt, keys_in(parse_did_document(json.loads((VECTOR / "did.json").read_bytes()))))


def test_every_member_and_every_code_is_described() -> None:
    entry = RECEIPT["documents"][0]
    described = set(re.findall(r"`([a-z_A-Z]+)`", SECTION))
    assert {*RECEIPT, *RECEIPT["issuer"], *RECEIPT["policy"], *entry, *entry["issuer"], *entry["chain"]} <= described
    assert {"key_unlisted", "key_compromised", "signature_invalid", "key_unknown"} <= described
