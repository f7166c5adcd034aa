"""POST /v1/verify: what can be read gets a verdict, what cannot one clear code, and nothing a 5xx."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from api.site import Site
from ledger.chain.reader import RpcRegistryReader
from ledger.chain.rpc import HttpTransport
from ledger.documents.strict_json import parse
from ledger.verifying.verifier import Verifier
from tests.corpus.cases import (
    Case,
    bytes_that_are_no_document,
    changed_documents,
    damaged_anchor_proofs,
    documents_that_mean_two_things,
)
from tests.site import Campus, limited

VERDICTS = {0: "valid", 1: "invalid", 3: "indeterminate"}
JSON = {"Content-Type": "application/json"}


def test_a_good_credential_is_valid(campus: Campus) -> None:
    answer = campus.client.post("/v1/verify", content=campus.document(), headers=JSON)
    assert (answer.status_code, answer.json()["verdict"]) == (200, "valid")
    assert answer.json()["issuer"]["accredited_name"] == "Universiti Sains Malaysia"
    assert len(answer.json()["checks"]) == 11


@pytest.mark.parametrize(
    "kind", ["application/json", "application/ld+json", "application/vc", "application/vc+ld+json"]
)
def test_every_media_type_of_a_credential_is_taken(campus: Campus, kind: str) -> None:
    answer = campus.client.post("/v1/verify", content=campus.document(), headers={"Content-Type": f"{kind}; x=1"})
    assert answer.json()["verdict"] == "valid"


def test_a_file_in_a_form_is_taken(campus: Campus) -> None:
    answer = campus.client.post("/v1/verify", files={"file": ("a.json", campus.document(), "application/octet-stream")})
    assert answer.json()["verdict"] == "valid"


def test_a_changed_credential_is_invalid_and_no_error(campus: Campus) -> None:
    changed = campus.document().replace(b"Learner 1", b"Learner 9")
    answer = campus.client.post("/v1/verify", content=changed, headers=JSON)
    assert (answer.status_code, answer.json()["verdict"], answer.json()["code"]) == (200, "invalid", "digest_mismatch")


def test_layout_and_order_of_members_do_not_matter(campus: Campus) -> None:
    document = parse(campus.document())
    for data in (orjson.dumps(document, option=orjson.OPT_INDENT_2), orjson.dumps(dict(reversed(document.items())))):
        assert campus.client.post("/v1/verify", content=data, headers=JSON).json()["verdict"] == "valid"


def test_a_chain_out_of_reach_is_no_verdict_and_says_when_to_ask_again(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(campus.site, monkeypatch)
    answer = campus.client.post("/v1/verify", content=campus.document(), headers=JSON)
    assert (answer.status_code, answer.json()["verdict"]) == (200, "indeterminate")
    assert int(answer.headers["retry-after"]) > 0


def test_what_no_waiting_would_change_does_not_say_when_to_ask_again(campus: Campus) -> None:
    document = parse(campus.document())
    document["proof"] = next(iter(proofs)) if isinstance(proofs := document["proof"], list) else proofs
    answer = campus.client.post("/v1/verify", content=orjson.dumps(document), headers=JSON)
    assert answer.json()["verdict"] == "indeterminate"
    assert "retry-after" not in answer.headers


def corpus(campus: Campus) -> Iterator[Case]:
    """Those cases of the common corpus that are made of documents alone."""
    good, other = parse(campus.document(0)), parse(campus.document(1))
    yield from bytes_that_are_no_document(good)
    yield from documents_that_mean_two_things(good)
    yield from changed_documents(good, other)


def test_the_whole_corpus_gets_the_code_that_every_other_way_of_checking_gives(campus: Campus) -> None:
    count = 0
    for case in corpus(campus):
        answer = campus.client.post("/v1/verify", content=case.data, headers=JSON)
        assert answer.status_code < 500, case.name
        assert answer.json()["code"] == case.code, case.name
        if case.exit_code == 2:
            assert answer.status_code == status_for(case.code), case.name
            assert answer.headers["content-type"] == "application/problem+json"
        else:
            assert answer.status_code == 200, case.name
            assert answer.json()["verdict"] == VERDICTS[case.exit_code], case.name
        count += 1
    assert count > 45


def test_a_damaged_anchor_proof_is_never_valid_and_never_an_error(campus: Campus) -> None:
    good, other = parse(campus.document(0)), parse(campus.document(1))
    for case in damaged_anchor_proofs(good, other):
        answer = campus.client.post("/v1/verify", content=case.data, headers=JSON)
        assert (answer.status_code, answer.json()["verdict"]) == (200, VERDICTS[case.exit_code]), case.name


def status_for(code: str) -> int:
    if code == "limit_body":
        return 413
    return 400 if code.startswith("json_") else 422


def test_a_refusal_never_repeats_what_was_sent(campus: Campus) -> None:
    canary = "canary-7f3a"
    for data in (
        f'{{"{canary}": NaN}}',
        f'{{"a": "{canary}", "a": 1}}',
        f"{canary}",
        f'["{canary}"]',
        f'{{"x": "{canary}{"x" * 9000}"}}',
    ):
        answer = campus.client.post("/v1/verify", content=data, headers=JSON)
        assert 400 <= answer.status_code < 500
        assert canary not in answer.text


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "image/png", "", "application/jsonx", "é", ";;;"])
def test_another_type_of_content_is_refused(campus: Campus, kind: str) -> None:
    answer = campus.client.post("/v1/verify", content=campus.document(), headers={"Content-Type": kind.encode()})
    assert (answer.status_code, answer.json()["code"]) == (415, "content_type")


@pytest.mark.parametrize("packing", ["gzip", "br", "deflate", "gzip, gzip"])
def test_a_packed_body_is_refused_unread(campus: Campus, packing: str) -> None:
    answer = campus.client.post("/v1/verify", content=b"\x1f\x8b" * 100, headers=JSON | {"Content-Encoding": packing})
    assert (answer.status_code, answer.json()["code"]) == (415, "encoding_unsupported")


def test_a_body_over_the_limit_is_refused_whether_its_length_is_told_or_not(campus: Campus) -> None:
    told = campus.client.post("/v1/verify", content=b" " * (6 * 1024 * 1024), headers=JSON)
    assert (told.status_code, told.json()["code"]) == (413, "limit_body")

    def pieces() -> Iterator[bytes]:
        for _ in range(6 * 16):
            yield b" " * 65536

    untold = campus.client.post("/v1/verify", content=pieces(), headers=JSON)
    assert (untold.status_code, untold.json()["code"]) == (413, "limit_body")


@pytest.mark.parametrize(
    "form",
    [
        {"data": {"other": "x"}},
        {"files": {"other": ("a.json", b"{}")}},
        {"files": {"file": ("a.json", b"")}},
        {"files": [("file", ("a.json", b"{}")), ("file", ("b.json", b"{}"))]},
    ],
)
def test_a_form_without_one_document_is_refused(campus: Campus, form: dict[str, object]) -> None:
    files = form.get("files", {"unnamed": (None, "x")})
    answer = campus.client.post("/v1/verify", files=files)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x\r\n",
        b"--x\r\nContent-Disposition: form-data\r\n\r\n",
        b"--y--",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n{}',
        b"--x\r\n\r\n\x00\xff--x--",
    ],
)
def test_a_broken_form_is_refused(campus: Campus, body: bytes) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = campus.client.post("/v1/verify", content=body, headers=headers)
    assert answer.status_code in {400, 422}
    no_boundary = campus.client.post("/v1/verify", content=body, headers={"Content-Type": "multipart/form-data"})
    assert no_boundary.status_code in {400, 422}


def test_one_caller_may_have_only_so_many_documents_checked_a_minute(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(campus.site.checks, monkeypatch, 2)
    answers = [campus.client.post("/v1/verify", content=b"{}", headers=JSON) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) > 0


def cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the site ask a node that is not there."""
    reader = site.workspace.reader
    nowhere = RpcRegistryReader([HttpTransport("http://127.0.0.1:9")], reader.registry, reader.chain_id)
    verifier = Verifier(site.workspace.policy(), {(reader.chain_id, reader.registry): nowhere})
    monkeypatch.setattr(site, "verify_many", lambda documents, **_: verifier.verify_many(documents))
