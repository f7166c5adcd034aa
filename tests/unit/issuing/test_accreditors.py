"""Accreditors recognise issuers by a published statement, once for as long as it is in force."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.chain.registry import Accredit, StateQuery
from ledger.errors import Conflict, DraftError, NotFound, RegistryUnreachable
from ledger.issuing.accreditors import DEFAULT_YEARS
from tests.fakes import MemoryRegistry
from tests.office import Office


@pytest.fixture
def agency(office: Office) -> Office:
    office.accreditors.register("mqa", name="Malaysian Qualifications Agency", country="MY")
    return office


def accreditations(registry: MemoryRegistry) -> list[Accredit]:
    return [call for call in registry.transactions if isinstance(call, Accredit)]


def test_an_accreditor_of_this_folder_is_trusted_by_it(agency: Office) -> None:
    accreditor = agency.catalog.accreditor("mqa")

    assert agency.trusted == [accreditor.address]
    assert agency.accreditors.register("mqa", name="Malaysian Qualifications Agency", country="MY") == accreditor


def test_an_accreditor_with_other_facts_is_refused(agency: Office) -> None:
    with pytest.raises(Conflict):
        agency.accreditors.register("mqa", name="Somebody else", country="MY")
    with pytest.raises(DraftError):
        agency.accreditors.register("m q a", name="Somebody else")


def test_recognising_puts_the_hash_of_a_published_statement_into_the_registry(
    agency: Office, registry: MemoryRegistry
) -> None:
    given = agency.accreditors.accredit("mqa", "usm")
    batch = agency.a_final_batch(1)
    issuer, accreditor = agency.catalog.issuer("usm"), agency.catalog.accreditor("mqa")
    query = StateQuery(issuer.issuer_id, batch.root or b"", 0)
    (state,) = registry.read([], [query], [accreditor.address]).credentials

    (statement,) = agency.published
    assert statement.scope() == given.scope
    assert (statement.name, statement.did, statement.accreditor) == (issuer.name, issuer.did, accreditor.name)
    assert state.accreditation is not None
    assert state.accreditation.scope == given.scope
    assert given.valid_until - (given.valid_from or 0) > (DEFAULT_YEARS - 1) * 31_536_000


def test_recognising_again_leaves_what_is_in_force(agency: Office, registry: MemoryRegistry) -> None:
    assert agency.accreditors.accredit("mqa", "usm") == agency.accreditors.accredit("mqa", "usm")
    assert len(accreditations(registry)) == 1


def test_another_statement_follows_the_one_in_force(agency: Office, registry: MemoryRegistry) -> None:
    agency.accreditors.accredit("mqa", "usm")
    narrower = replace(agency.published[0], recognised=("Short courses in education",))

    agency.accreditors.accredit("mqa", "usm", statement=narrower)

    assert [call.scope for call in accreditations(registry)][-1] == narrower.scope()
    assert len(agency.catalog.accreditations("usm")) == 2


def test_an_interrupted_recognition_goes_on_with_the_statement_that_was_published(
    agency: Office, registry: MemoryRegistry
) -> None:
    registry.drop_replies = True
    with pytest.raises(RegistryUnreachable):
        agency.accreditors.accredit("mqa", "usm")
    registry.drop_replies = False

    given = agency.restarted().accreditors.accredit("mqa", "usm")

    assert given.valid_from is not None
    assert len(accreditations(registry)) == 1


def test_a_statement_about_another_issuer_is_refused(agency: Office) -> None:
    agency.accreditors.accredit("mqa", "usm")
    agency.an_issuer("um")

    with pytest.raises(Conflict) as caught:
        agency.accreditors.accredit("mqa", "um", statement=agency.published[0])

    assert caught.value.code == "statement_mismatch"


@pytest.mark.parametrize("until", [-1, 0, 1_577_923_200])
def test_an_end_that_lies_behind_is_refused_and_bars_no_later_one(
    agency: Office, registry: MemoryRegistry, until: int
) -> None:
    with pytest.raises(Conflict) as caught:
        agency.accreditors.accredit("mqa", "usm", until=until)
    assert caught.value.code == "period_over"
    assert accreditations(registry) == []

    later = registry.final_block().time + 86_400
    assert agency.accreditors.accredit("mqa", "usm", until=later).valid_until == later


def test_an_issuer_without_a_country_needs_a_statement_of_its_own(agency: Office) -> None:
    agency.issuers.register("anywhere", name="Anywhere")

    with pytest.raises(Conflict) as caught:
        agency.accreditors.accredit("mqa", "anywhere")

    assert caught.value.code == "country_missing"


def test_a_recognition_ends_and_can_begin_again(agency: Office, registry: MemoryRegistry) -> None:
    first = agency.accreditors.accredit("mqa", "usm")
    ended = agency.accreditors.end("mqa", "usm")
    registry.mine()
    with pytest.raises(NotFound):
        agency.accreditors.end("mqa", "usm")

    second = agency.accreditors.accredit("mqa", "usm")

    assert ended.valid_until < first.valid_until
    assert (second.valid_from or 0) >= ended.valid_until
    assert len(accreditations(registry)) == 2
