"""Several processes ask for the same at the same moment, on PostgreSQL: it is stored once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

from ledger.errors import CairnError
from ledger.issuing.bulk_revocation import BulkRevocation
from ledger.issuing.revocation_rows import read_revocations
from ledger.issuing.values import RequestKey, StoredCredential
from ledger.storage import Database
from tests.fakes import MemoryRegistry
from tests.office import Office, programme_file
from tests.postgres import postgres_server

HEADER = "achievement,learner_id,name,email,result,awarded_on,supersedes"
ASKING = 6
T = TypeVar("T")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with postgres_server() as url:
        office = Office(tmp_path_factory.mktemp("office"), MemoryRegistry())
        database = Database(url)
        database.migrate()
        vars(office)["database"] = database
        office.an_issuer()
        office.programmes.add("usm", programme_file("needs", "models", "evaluation"))
        yield office
        database.close()


def at_once(ask: Callable[[], T]) -> list[T | str]:
    """The answers, or the codes of the errors, of those who ask together."""

    def answer(_: int) -> T | str:
        try:
            return ask()
        except CairnError as error:
            return error.code

    with ThreadPoolExecutor(ASKING) as threads:
        return list(threads.map(answer, range(ASKING)))


def corrections_of(*credentials: StoredCredential) -> bytes:
    lines = [
        f"{c.achievement},{c.learner_id},The right name,{c.email},87.5,2026-03-02,{c.credential_id}"
        for c in credentials
    ]
    return "\n".join([HEADER, *lines]).encode()


def test_one_draft_supersedes_and_one_call_revokes(office: Office) -> None:
    credentials = office.credentials(office.a_final_batch(5))
    drafted = at_once(lambda: office.corrections.draft("usm", corrections_of(*credentials))[0].id)
    (batch,) = [answer for answer in drafted if isinstance(answer, int)]
    assert sorted(map(str, drafted)) == sorted([str(batch), *["draft_invalid"] * (ASKING - 1)])
    office.pipeline.advance(batch)

    at_once(lambda: office.corrections.settle(batch))

    assert [len(office.catalog.status_changes(c.credential_id)) for c in credentials] == [1] * 5
    assert len(office.corrections.pending([batch])) == 1


def test_one_request_makes_one_batch(office: Office) -> None:
    content = corrections_of(*office.credentials(office.a_final_batch(2, code="models")))
    request = RequestKey("usm", "asked at once", bytes(32))

    def ask() -> tuple[int, bool]:
        batch, is_new = office.corrections.draft("usm", content, request=request)
        return batch.id, is_new

    answers = at_once(ask)

    assert len({answer[0] for answer in answers}) == 1
    assert [answer[1] for answer in answers].count(True) == 1


def test_one_file_is_revoked_with_one_call(office: Office) -> None:
    credentials = office.credentials(office.a_final_batch(20, code="evaluation"))
    lines = [f"{credential.credential_id},1" for credential in credentials]
    asked = read_revocations("\n".join(["credential_id,reason", *lines]).encode())
    bulk = BulkRevocation(office.database, office.registry)

    calls = at_once(lambda: bulk.store(asked)[1])

    assert len(set(calls)) == 1
    assert [len(office.catalog.status_changes(c.credential_id)) for c in credentials] == [1] * 20
