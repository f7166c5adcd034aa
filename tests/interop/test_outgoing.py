"""Other people's verifiers accept what Cairn hands out, also after another JSON library, and refuse the rest."""

from __future__ import annotations

from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import orjson
import pytest

from tests.interop.court import Court
from tests.interop.rows import JUDGES, ROWS, TOKEN_JUDGES, TOKENS, Row

pytestmark = pytest.mark.node


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.title)
def test_every_verifier_says_what_it_should(row: Row, judge: str, court: Court) -> None:
    opinions = court.opinions(row, judge)
    assert opinions
    assert [one.reason for one in opinions if one.accepts != row.expected(judge)] == []


@pytest.mark.parametrize("judge", TOKEN_JUDGES)
@pytest.mark.parametrize("row", TOKENS, ids=lambda row: row.title)
def test_every_verifier_says_of_a_token_what_it_should(row: Row, judge: str, court: Court) -> None:
    test_every_verifier_says_what_it_should(row, judge, court)


@pytest.mark.parametrize("judge", JUDGES)
def test_a_judge_needs_nothing_but_what_we_publish(judge: str, court: Court) -> None:
    asked = {url for row in ROWS for one in court.opinions(row, judge) for url in one.asked}
    ours = {url for url in asked if url.startswith("https://cairn.example/")}
    assert ours <= set(court.web)
    assert ours


def test_the_judges_reach_no_network(court: Court) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        assert court.node.ways_out(server.server_port) == []


def test_the_serializer_of_others_changes_the_bytes(court: Court) -> None:
    document = court.shelf.credentials[0]
    again = court.node.reserialized(document)
    assert again != document
    assert again.startswith(b'{\n  "@context"')


def test_a_revocation_shows_one_block_after_it_is_final_and_not_before(court: Court) -> None:
    revocation = court.shelf.revocation
    assert revocation.before == revocation.pending != revocation.after


def test_digital_bazaar_calls_a_revoked_credential_verified(court: Court) -> None:
    opinion = court.node.judge("vc rdfc", court.shelf.superseded)
    assert (opinion.more["verified"], opinion.more["revoked"], opinion.accepts) == (True, True, False)


def test_verifier_core_names_no_error_in_what_is_not_valid_yet_but_no_signature_either(court: Court) -> None:
    opinion = court.node.judge("verifier-core", court.shelf.early)
    assert (opinion.accepts, opinion.reason) == (False, "")
    assert opinion.more["steps"] == {"registered_issuer": False}


def test_verifier_core_takes_an_issuer_that_its_registries_do_not_know(court: Court) -> None:
    opinion = court.node.judge("verifier-core", court.shelf.credentials[0])
    assert opinion.accepts
    assert opinion.more["steps"]["registered_issuer"] is False


def test_only_the_publisher_of_a_list_can_revoke(court: Court) -> None:
    """A list that another issuer signed counts for nothing with Digital Bazaar, who asks who signed it."""
    revocation = court.shelf.revocation
    other = "did:web:cairn.example:issuers:um"
    claimed = orjson.loads(revocation.after) | {"issuer": other}
    court.node.give({revocation.url: court.shelf.resigned(claimed, by="um", method=f"{other}#key-1")})
    try:
        opinion = court.node.judge("vc rdfc", court.shelf.credentials[0])
    finally:
        court.node.give({revocation.url: court.web[revocation.url]})
    assert "do not match" in opinion.reason
