"""Revoking what a file lists: looked at first, all rows or none, in as few registry calls as can be."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from ledger.chain.registry import Reason, SetStatus
from ledger.errors import CairnError, DraftError
from ledger.issuing.bulk_revocation import BulkRevocation, RevocationPlan, RowState, notes_of
from ledger.issuing.revocation_rows import AskedRow, read_revocations
from ledger.issuing.status_requests import WORDS_IN_A_CALL, pack
from ledger.issuing.values import CredentialStatus, StoredCredential
from tests.fakes import MemoryRegistry
from tests.office import Office, drafts

UNKNOWN = "urn:uuid:00000000-0000-4000-8000-000000000000"


@pytest.fixture
def final(office: Office) -> tuple[StoredCredential, ...]:
    return office.credentials(office.a_final_batch(4))


@pytest.fixture
def bulk(office: Office) -> BulkRevocation:
    return BulkRevocation(office.database, office.registry)


def rows(*lines: str, header: str = "credential_id,reason,note") -> tuple[AskedRow, ...]:
    return read_revocations("\n".join([header, *lines]).encode())


def states(plan: RevocationPlan) -> list[str]:
    return [str(row.state) for row in plan.rows]


def status_calls(registry: MemoryRegistry) -> list[SetStatus]:
    return [call for call in registry.transactions if isinstance(call, SetStatus)]


def problems(content: str, default: Reason | None = None) -> list[tuple[str, int | None, str | None]]:
    with pytest.raises(DraftError, match="nothing was revoked") as caught:
        read_revocations(content.encode(), default=default)
    return [(problem.code, problem.row, problem.column) for problem in caught.value.problems]


def test_rows_name_credentials_by_id_or_by_learner_and_reasons_by_name_or_number() -> None:
    assert rows(f"{UNKNOWN},issued-in-error,Sent twice", f"{UNKNOWN},5,", f"{UNKNOWN},assessment_invalid,") == (
        AskedRow(2, Reason.ISSUED_IN_ERROR, UNKNOWN, note="Sent twice"),
        AskedRow(3, Reason.SUPERSEDED, UNKNOWN),
        AskedRow(4, Reason.ASSESSMENT_INVALID, UNKNOWN),
    )
    (by_learner,) = rows("0012,needs,4", header="learner_id,achievement,reason")
    assert by_learner == AskedRow(2, Reason.COMPROMISED, None, "0012", "needs")


def test_a_reason_for_all_stands_in_for_those_that_are_left_out() -> None:
    asked = read_revocations(f"credential_id\n{UNKNOWN}\n".encode(), default=Reason.COMPROMISED)
    assert [row.reason for row in asked] == [Reason.COMPROMISED]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (f"credential_id,reason\n{UNKNOWN},because\n", [("csv_reason", 2, "reason")]),
        (f"credential_id\n{UNKNOWN}\n", [("csv_reason", 2, "reason")]),
        ("credential_id,reason\nx,1\n", [("csv_credential_id", 2, "credential_id")]),
        ("credential_id,reason\n,1\n", [("csv_missing", 2, "credential_id")]),
        ("learner_id,achievement,reason\n0012,,1\n,needs,1\n",
         [("csv_missing", 2, "achievement"), ("csv_missing", 3, "learner_id")]),
        ("learner_id,reason\n0012,1\n", [("csv_header", 1, None)]),
        ("credential_id,reason,colour\nx,1,red\n", [("csv_header", 1, "colour")]),
        (f"credential_id,reason,note\n{UNKNOWN},1,=1+1\n", [("csv_formula", 2, "note")]),
        ("", [("csv_rows", None, None)]),
        ("credential_id,reason\n", [("csv_rows", None, None)]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_said_by_row_and_column(
    content: str, found: list[tuple[str, int | None, str | None]]
) -> None:
    assert problems(content) == found


def test_a_preview_says_what_becomes_of_each_row_and_changes_nothing(
    office: Office, bulk: BulkRevocation, registry: MemoryRegistry, final: Sequence[StoredCredential]
) -> None:
    office.an_issuer("um")
    (foreign,) = office.credentials(office.a_final_batch(1, issuer="um"))
    (draft,) = office.credentials(office.an_open_batch(1, code="models"))
    withdrawn = office.credentials(office.a_final_batch(1, code="evaluation"))[0]
    office.withdrawal.withdraw(withdrawn.batch_id, Reason.ISSUED_IN_ERROR)
    office.revocation.revoke([final[0].credential_id], Reason.ISSUED_IN_ERROR)
    registry.mine(5)
    registry.finality_lag = 3
    office.revocation.revoke([final[1].credential_id], Reason.ISSUED_IN_ERROR, wait=False)
    before = (len(registry.transactions), office.catalog.credentials(issuer="usm"))
    named = [c.credential_id for c in (*final[:3], final[2], draft, foreign, withdrawn)]

    plan = bulk.preview(rows(*[f"{name},1," for name in (*named, UNKNOWN)]), issuer="usm")

    assert states(plan) == [
        "revoked", "pending", "to_be_revoked", "duplicate", "draft", "foreign", "withdrawn", "unknown",
    ]  # fmt: skip
    assert [problem.row for problem in plan.problems] == [5, 6, 7, 9]
    assert plan.calls == 1
    assert plan.gas is not None
    assert (len(registry.transactions), office.catalog.credentials(issuer="usm")) == before


def test_another_issuers_credential_looks_like_none_where_others_are_hidden(
    office: Office, final: Sequence[StoredCredential]
) -> None:
    office.an_issuer("um")
    bulk = BulkRevocation(office.database, office.registry, hides_others=True)

    assert states(bulk.preview(rows(f"{final[0].credential_id},1,"), issuer="um")) == ["unknown"]


def test_nothing_is_stored_if_one_row_is_a_problem_unless_problems_are_skipped(
    office: Office, bulk: BulkRevocation, registry: MemoryRegistry, final: Sequence[StoredCredential]
) -> None:
    asked = rows(f"{final[0].credential_id},1,", f"{UNKNOWN},1,")
    with pytest.raises(DraftError) as caught:
        bulk.store(asked)
    assert [(problem.code, problem.row) for problem in caught.value.problems] == [("revocation_unknown", 3)]
    assert office.revocation.advance() == ()

    plan, calls = bulk.store(asked, skip_problems=True)
    office.revocation.advance()

    assert len(calls) == 1
    assert [row.state for row in bulk.results(plan)] == [RowState.REVOKED, RowState.UNKNOWN]
    assert [call.words for call in status_calls(registry)] == [((0, 1),)]


def test_one_call_for_each_reason_and_none_for_what_is_done(
    office: Office, bulk: BulkRevocation, registry: MemoryRegistry, final: Sequence[StoredCredential]
) -> None:
    names = [credential.credential_id for credential in final]
    asked = rows(f"{names[0]},1,", f"{names[1]},4,Copied", f"{names[2]},1,", f"{names[3]},4,")
    assert bulk.preview(asked).calls == 2
    _, calls = bulk.store(asked)
    office.revocation.advance()

    assert [(call.reason, call.words) for call in status_calls(registry)] == [(1, ((0, 0b101),)), (4, ((0, 0b1010),))]
    assert notes_of(office.database, names[1]) == {calls[1]: "Copied"}
    again, same = bulk.store(asked)
    assert (states(again), same) == (["revoked"] * 4, calls)
    assert office.revocation.advance() == ()


def test_a_learner_and_an_achievement_name_what_the_learner_holds_now(
    office: Office, bulk: BulkRevocation, final: Sequence[StoredCredential]
) -> None:
    office.revocation.revoke([final[0].credential_id], Reason.ISSUED_IN_ERROR)
    (again,) = office.credentials(office.imports.draft_batch("usm", drafts(1), label="Again"))
    header = "learner_id,achievement,reason"
    first, other = f"{final[0].learner_id},needs,1", f"{final[1].learner_id},needs,1"

    drafted = bulk.preview(rows(first, other, "0099,needs,1", header=header), issuer="usm")
    office.pipeline.advance(again.batch_id)
    issued = bulk.preview(rows(first, other, header=header), issuer="usm")

    assert states(drafted) == ["draft", "to_be_revoked", "unknown"]
    assert [row.credential_id for row in issued.rows] == [again.credential_id, final[1].credential_id]
    with pytest.raises(CairnError, match="--issuer"):
        bulk.preview(rows(first, header=header))


def test_an_id_and_a_learner_that_do_not_belong_together_are_a_problem(
    bulk: BulkRevocation, final: Sequence[StoredCredential]
) -> None:
    header = "credential_id,learner_id,achievement,reason"
    asked = rows(
        f"{final[0].credential_id},{final[0].learner_id},needs,1",
        f"{final[1].credential_id},{final[0].learner_id},needs,1",
        header=header,
    )

    assert states(bulk.preview(asked, issuer="usm")) == ["to_be_revoked", "mismatch"]


def test_10_240_neighbours_take_one_call_of_40_words(
    office: Office, bulk: BulkRevocation, registry: MemoryRegistry
) -> None:
    names = many_final(office, 10_240)

    asked = rows(*[f"{name},1," for name in names])
    assert bulk.preview(asked).calls == 1
    bulk.store(asked)
    office.revocation.advance()

    (call,) = status_calls(registry)
    assert [word for word, _ in call.words] == list(range(40))
    assert all(mask == 2**256 - 1 for _, mask in call.words)
    assert {c.status for c in office.catalog.credentials(issuer="usm", limit=10_240)} == {CredentialStatus.REVOKED}


def many_final(office: Office, count: int) -> list[str]:
    """Credentials of a batch that is noted as final; only their status matters here, so they were never anchored."""
    batch = office.an_open_batch(1)
    with office.database.writing() as session:
        connection = session.connection()
        connection.execute(text("UPDATE batches SET state = 'final'"))
        connection.execute(
            text(
                "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :last) "
                "INSERT INTO credentials (credential_id, batch, position, issuer, status_index, kind, achievement,"
                " name, email, learner_name, learner_id, digest, status) "
                "SELECT printf('urn:uuid:00000000-0000-4000-8000-%012x', n), batch, n, issuer, n, kind, achievement,"
                " name, email, learner_name, 'x' || n, digest, 'active' FROM credentials, numbers WHERE position = 0"
            ),
            {"last": count - 1},
        )
    return [credential.credential_id for credential in office.catalog.credentials(batch=batch.id, limit=count)]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.one_of(st.integers(0, 2_000), st.integers(0, 2**40))), max_size=600, unique=True
    )
)
def test_packing_takes_as_few_calls_as_can_be_and_each_index_once(places: list[tuple[int, int]]) -> None:
    calls = pack(places)

    needed = {issuer: len({index >> 8 for owner, index in places if owner == issuer}) for issuer, _ in places}
    assert len(calls) == sum(-(-words // WORDS_IN_A_CALL) for words in needed.values())
    assert all(0 < len(words) <= WORDS_IN_A_CALL and words == sorted(words) for _, words in calls)
    packed = [(issuer, word) for issuer, words in calls for word in words]
    assert len(packed) == len(set(packed))
    assert set(packed) == {(issuer, index >> 8) for issuer, index in places}
