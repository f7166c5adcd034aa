"""The checker of the six truths finds what is planted: one that cannot fail would prove nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from scripts.faulting.chain_facts import ChainFacts
from scripts.faulting.claims import BatchClaim, Claims, CredentialClaim
from scripts.faulting.matrix import all_rows, chosen
from scripts.faulting.result import Tally, last_line
from scripts.faulting.session import parse_arguments, trials
from scripts.faulting.trial import Outcome
from scripts.faulting.truths import Findings, check_anchors, check_claims, check_promises
from scripts.faulting.world import Promises

ISSUER, ROOT, OTHER = b"i" * 32, b"r" * 32, b"o" * 32
BATCH = BatchClaim(id=1, issuer=ISSUER, state="final", root=ROOT, size=2, is_finished=True)
FIRST = CredentialClaim("urn:uuid:1", 1, ISSUER, 7, "active", b"bytes of one")
SECOND = CredentialClaim("urn:uuid:2", 1, ISSUER, 8, "revoked", b"bytes of two")
CLAIMS = Claims({1: BATCH}, {FIRST.id: FIRST, SECOND.id: SECOND})
FACTS = ChainFacts(9, Counter({(ISSUER, ROOT): 1}), {(ISSUER, 8)})
PROMISES = Promises({FIRST.id: b"bytes of one", SECOND.id: b"bytes of two"}, {SECOND.id}, {1})


def with_batch(**changes: object) -> Claims:
    return Claims({1: replace(BATCH, **changes)}, CLAIMS.credentials)  # type: ignore[arg-type]


def found(claims: Claims = CLAIMS, facts: ChainFacts = FACTS, promises: Promises = PROMISES) -> Findings:
    findings = check_promises(promises, claims, facts, is_settled=True)
    findings += check_anchors(claims, facts)
    findings += check_claims(claims, facts)
    return findings


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert found().sentences == []


def test_a_credential_that_is_gone_is_found() -> None:
    assert found(Claims({1: BATCH}, {SECOND.id: SECOND})).lost == ["credential urn:uuid:1 was acknowledged and is gone"]


def test_other_bytes_are_found() -> None:
    altered = Claims({1: BATCH}, {FIRST.id: replace(FIRST, body=b"other bytes"), SECOND.id: SECOND})
    assert len(found(altered).lost) == 1


@pytest.mark.parametrize("status", ["active", "revoked"])
def test_a_revocation_that_is_nowhere_is_found(status: str) -> None:
    claims = Claims({1: BATCH}, {FIRST.id: FIRST, SECOND.id: replace(SECOND, status=status)})
    findings = found(claims, replace(FACTS, revoked=set()))
    assert len(findings.lost) == 1
    assert len(findings.false_final) == (status == "revoked")


def test_a_revocation_that_still_waits_is_not_lost_and_is_no_good_end() -> None:
    claims = Claims({1: BATCH}, {FIRST.id: FIRST, SECOND.id: replace(SECOND, status="revoking")})
    findings = found(claims, replace(FACTS, revoked=set()))
    assert (findings.lost, len(findings.wrong)) == ([], 1)


def test_a_second_event_is_found() -> None:
    assert len(found(facts=replace(FACTS, anchors=Counter({(ISSUER, ROOT): 2}))).doubled) == 1


def test_an_event_that_belongs_to_no_batch_is_found() -> None:
    facts = replace(FACTS, anchors=FACTS.anchors + Counter({(ISSUER, OTHER): 1}))
    assert len(found(facts=facts).doubled) == 1


def test_a_root_of_two_batches_is_found() -> None:
    claims = Claims({1: BATCH, 2: replace(BATCH, id=2)}, CLAIMS.credentials)
    assert len(found(claims).doubled) == 1


def test_a_batch_that_is_called_final_and_is_not_anchored_is_found() -> None:
    assert len(found(facts=replace(FACTS, anchors=Counter())).false_final) == 1


def test_a_batch_that_was_to_be_issued_and_is_not_is_found() -> None:
    assert len(found(with_batch(state="sent")).wrong) == 1
    assert len(found(with_batch(is_finished=False)).wrong) == 1
    assert check_promises(PROMISES, with_batch(state="sent"), FACTS, is_settled=False).wrong == []


def test_the_sum_counts_each_kind_and_is_clean_only_without_any() -> None:
    tally = Tally()
    tally.add(Outcome("K9", 0))
    assert (last_line(tally), tally.is_clean) == ("runs=1 lost=0 doubled=0 false_final=0", True)
    tally.add(Outcome("K9", 1, findings=Findings(lost=["a"], doubled=["b", "c"], false_final=["d"])))
    assert (last_line(tally), tally.is_clean) == ("runs=2 lost=1 doubled=2 false_final=1", False)


def test_a_row_that_fails_beyond_the_truths_is_not_clean() -> None:
    tally = Tally([Outcome("K9", 0, failure="failpoint never reached: send.sent")])
    assert (last_line(tally), tally.is_clean) == ("runs=1 lost=0 doubled=0 false_final=0", False)


def test_nothing_tried_is_not_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CAIRN_FULL", raising=False)
    assert not Tally().is_clean
    skipped = Tally([Outcome("D1", 0, skipped="PostgreSQL is not installed"), Outcome("K9", 0)])
    assert skipped.is_clean
    monkeypatch.setenv("CAIRN_FULL", "1")
    assert not skipped.is_clean


def test_every_row_of_the_matrix_is_there() -> None:
    numbers = {row.number for row in all_rows().values()}
    wanted = [("K", 16), ("R", 11), ("H", 15), ("D", 12), ("C", 2), ("S", 5)]
    assert {f"{letter}{one}" for letter, last in wanted for one in range(1, last + 1)} <= numbers


def test_the_full_run_is_a_thousand_runs_and_smoke_has_each_row_once() -> None:
    full, smoke = parse_arguments(["--full"]), parse_arguments(["--smoke"])
    assert len(trials(chosen([], is_full=True), full)) >= 1000
    once = trials(chosen([], is_full=False), smoke)
    assert len(once) == len({trial.row for trial in once}) == len(chosen([], is_full=False))


def test_shards_share_the_runs_out() -> None:
    rows = chosen([], is_full=True)
    whole = trials(rows, parse_arguments(["--full"]))
    parts = [trials(rows, parse_arguments(["--full", "--shard", f"{part}/3"])) for part in (1, 2, 3)]
    assert sorted((one.row, one.seed) for part in parts for one in part) == sorted((one.row, one.seed) for one in whole)
