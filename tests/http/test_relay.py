"""The relay over HTTP: what it takes, what it refuses by which status and code, and how it pays only once."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Response

from ledger.chain.accounts import dev_account
from ledger.chain.act_document import SignedAct, to_document
from ledger.chain.registry import AnchorBatch, Authorization, CancelNonce, SponsoredCall, perform
from ledger.chain.sponsoring import sign_act
from ledger.documents.strict_json import parse
from tests.office import JCS_ONLY, drafts
from tests.site import MODULES, RELAY_BUDGET, Campus, apart, limited

JSON = {"Content-Type": "application/json"}


def an_act(payer: Campus, *, slug: str = "usm", seconds: int = 86_400, nonce: int | None = None) -> SignedAct:
    """An act of an issuer's operator: a new root."""
    workspace = payer.workspace
    registry = workspace.registry
    signed = sign_act(
        AnchorBatch(workspace.catalog.issuer(slug).issuer_id, secrets.token_bytes(32), 3),
        workspace.keys.account(f"issuers/{slug}/anchoring"),
        chain_id=registry.chain_id,
        registry=registry.registry,
        nonce=secrets.randbits(256) if nonce is None else nonce,
        deadline=max(int(time.time()), registry.final_block().time) + seconds,
    )
    return SignedAct(registry.chain_id, registry.registry, signed)


def post(payer: Campus, act: SignedAct | bytes) -> Response:
    content = act if isinstance(act, bytes) else to_document(act)
    answer: Response = payer.client.post("/v1/relay", content=content, headers=JSON)
    return answer


def ended(payer: Campus, entry_id: str) -> dict[str, Any]:
    """The entry once its act has come to its end."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        entry: dict[str, Any] = payer.client.get(f"/v1/relay/{entry_id}").json()
        if entry["state"] not in {"accepted", "mined"}:
            return entry
        time.sleep(0.1)
    raise AssertionError("the relay did not submit it in time")


@pytest.fixture(scope="module")
def payer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campus]:
    """A site of its own: what strangers had it submit, no batch of its ledger knows."""
    with apart(tmp_path_factory.mktemp("payer")) as campus:
        yield campus


@pytest.fixture
def budget(payer: Campus) -> Iterator[None]:
    """The budget may be changed: it is put right again."""
    yield
    issuer_id = payer.workspace.catalog.issuer("usm").issuer_id
    payer.workspace.relay.budgets.set(issuer_id, gas=RELAY_BUDGET, days=30)


@pytest.fixture
def held(payer: Campus, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The relay accepts, and submits nothing until `held.undo()`."""
    monkeypatch.setattr(payer.workspace.submission, "work", lambda: True)
    yield monkeypatch
    monkeypatch.undo()
    payer.site.relaying.nudge()


def test_an_act_is_accepted_submitted_and_paid_for_without_a_key(payer: Campus) -> None:
    act = an_act(payer)
    answer = post(payer, act)
    assert answer.status_code == 202
    accepted = answer.json()
    assert accepted["state"] in {"accepted", "mined", "final"}

    done = ended(payer, accepted["id"])

    assert done["state"] == "final"
    assert done["transaction"]["gas_used"] == done["gas"] < 100_000
    assert isinstance(act.act.call, AnchorBatch)
    assert payer.workspace.registry.is_anchored_in_head(act.act.call.issuer_id, act.act.call.root)
    assert answer.headers["cache-control"] == "no-store, private"


def test_the_same_act_again_gives_the_same_entry(payer: Campus) -> None:
    act = an_act(payer)
    first, second = post(payer, act), post(payer, act)
    done = ended(payer, first.json()["id"])
    third = post(payer, act)
    assert [answer.status_code for answer in (first, second, third)] == [202, 200, 200]
    assert first.json()["id"] == second.json()["id"] == done["id"]
    assert third.json() == done


def refusal(answer: Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_what_is_no_signed_act_is_refused(payer: Campus) -> None:
    good = to_document(an_act(payer))
    assert refusal(post(payer, b"")) == (400, "json_empty")
    assert refusal(post(payer, good.replace(b'"version"', b'"version": 1, "version"'))) == (400, "json_duplicate_key")
    assert refusal(post(payer, b" " * 70_000)) == (413, "limit_body")
    assert refusal(post(payer, b"{}")) == (422, "schema_version")
    assert refusal(post(payer, good.replace(b"anchor", b"anchorFor"))) == (422, "schema_act")
    for wrong in ("text/plain", "multipart/form-data", "application/vc"):
        answer = payer.client.post("/v1/relay", content=good, headers={"Content-Type": wrong})
        assert refusal(answer) == (415, "content_type")


def test_each_check_has_its_status_and_code(payer: Campus, held: pytest.MonkeyPatch) -> None:
    act = an_act(payer)
    given: Authorization = act.act.authorization
    elsewhere = SignedAct(1, act.registry, act.act)
    forged = SignedAct(act.chain_id, act.registry, SponsoredCall(act.act.call, an_act(payer).act.authorization))
    assert refusal(post(payer, elsewhere)) == (409, "registry_mismatch")
    assert refusal(post(payer, an_act(payer, seconds=60))) == (409, "deadline_near")
    assert refusal(post(payer, an_act(payer, slug="um"))) == (409, "no_budget")
    assert refusal(post(payer, forged)) == (422, "signature_invalid")
    assert post(payer, act).status_code == 202
    assert refusal(post(payer, an_act(payer, nonce=given.nonce))) == (409, "nonce_in_flight")


def test_the_registrys_own_refusal_is_named_with_its_values(payer: Campus) -> None:
    act = an_act(payer)
    operator = payer.workspace.keys.account("issuers/usm/anchoring")
    perform(payer.workspace.registry, CancelNonce(act.act.authorization.nonce), operator)

    answer = post(payer, act)

    assert refusal(answer) == (409, "transaction_reverted")
    (problem,) = answer.json()["problems"]
    assert problem["error"] == "NonceAlreadySpent"
    assert problem["values"]["nonce"] == str(act.act.authorization.nonce)
    assert problem["values"]["operator"] == "0x" + operator.address.hex()


def test_a_budget_that_is_used_up_says_when_to_come_back(payer: Campus, held: pytest.MonkeyPatch, budget: None) -> None:
    budgets, issuer_id = payer.workspace.relay.budgets, payer.workspace.catalog.issuer("usm").issuer_id
    (used,) = (found.used for found in budgets.all() if found.issuer_id == issuer_id)
    budgets.set(issuer_id, gas=used + 120_000, days=30)
    assert post(payer, an_act(payer)).status_code == 202

    answer = post(payer, an_act(payer))

    assert refusal(answer) == (429, "budget_exhausted")
    assert 0 < int(answer.headers["retry-after"]) <= 30 * 86_400
    budgets.set(issuer_id, gas=1_000, days=30)
    assert refusal(post(payer, an_act(payer))) == (409, "budget_too_small")
    budgets.set(issuer_id, gas=0, days=30)
    assert refusal(post(payer, an_act(payer))) == (409, "no_budget")


def test_a_front_runner_costs_the_relay_nothing(payer: Campus, held: pytest.MonkeyPatch) -> None:
    act = an_act(payer)
    entry = post(payer, act).json()
    perform(payer.workspace.registry, act.act, dev_account(5))
    held.undo()
    payer.site.relaying.nudge()

    done = ended(payer, entry["id"])

    assert (done["state"], done["gas"], done["transaction"]) == ("spent", 0, None)


def test_a_site_without_a_relay_takes_nothing(payer: Campus) -> None:
    key = payer.workspace.path / "keys" / "relay.json"
    act, entry = an_act(payer), post(payer, an_act(payer)).json()
    ended(payer, entry["id"])
    key.rename(key.with_suffix(".away"))
    try:
        assert refusal(post(payer, act)) == (404, "relay_off")
        assert refusal(post(payer, b"nonsense")) == (404, "relay_off")
        assert payer.client.get(f"/v1/relay/{entry['id']}").status_code == 200
    finally:
        key.with_suffix(".away").rename(key)


@pytest.mark.parametrize(("entry_id", "status"), [("0" * 32, 404), ("0", 422), ("G" * 32, 422), ("0" * 33, 422)])
def test_an_entry_is_asked_for_by_its_id(payer: Campus, entry_id: str, status: int) -> None:
    assert payer.client.get(f"/v1/relay/{entry_id}").status_code == status


def test_a_batch_in_a_sponsors_hands_is_shown_and_goes_on(payer: Campus, tmp_path: Path) -> None:
    workspace = payer.workspace
    drafted = workspace.imports.draft_batch("usm", drafts(1, code=MODULES[0], first=7_001), label="Sponsored")
    desk = workspace.sponsored_desk(str(tmp_path / "acts"), days=1)
    desk.pipeline.advance(drafted.id, suites=JCS_ONLY)
    path = f"/v1/issuers/usm/batches/{drafted.id}"
    shown = payer.client.get(path, headers=payer.key()).json()
    (file,) = (tmp_path / "acts").iterdir()
    assert (shown["state"], shown["transaction"]) == ("sent", None)
    assert shown["act"]["nonce"] == parse(file.read_bytes())["nonce"]

    entry = post(payer, file.read_bytes()).json()
    assert ended(payer, entry["id"])["state"] == "final"
    payer.client.post(f"{path}/approve", headers=payer.key())
    deadline = time.monotonic() + 60
    while not (shown := payer.client.get(path, headers=payer.key()).json())["finished"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert shown["problem"] is None


def test_callers_are_counted(payer: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(payer.site.checks, monkeypatch, 1)
    assert refusal(post(payer, b"{}")) == (422, "schema_version")
    answer = post(payer, b"{}")
    assert refusal(answer) == (429, "too_many")
    assert int(answer.headers["retry-after"]) > 0


def test_a_stored_act_says_nothing_that_was_not_signed(payer: Campus) -> None:
    act = an_act(payer)
    entry = post(payer, act).json()
    sent = parse(to_document(act))
    assert {name: entry[name] for name in ("issuer_id", "operator", "nonce")} == {
        name: sent[name] for name in ("issuer_id", "operator", "nonce")
    }
    assert set(entry) == {
        "id",
        "state",
        "issuer_id",
        "operator",
        "nonce",
        "deadline",
        "accepted_at",
        "gas",
        "transaction",
        "problem",
    }
