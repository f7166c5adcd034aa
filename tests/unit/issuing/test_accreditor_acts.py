"""What accreditors' people ask for comes to the registry once, in steps, and shows where it stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ledger.chain.registry import Accredit, EndAccreditation
from ledger.documents.accreditation import AccreditationStatement
from ledger.errors import Conflict, MalformedDocument, NotFound, RegistryUnreachable
from ledger.issuing.accreditor_acts import AccreditorActs, Act, ActKind, ActState, statement_about
from ledger.issuing.accreditors import DEFAULT_YEARS
from tests.fakes import MemoryRegistry
from tests.office import Office

YEAR = 31_557_600


@pytest.fixture
def agency(office: Office) -> Office:
    office.accreditors.register("mqa", name="Malaysian Qualifications Agency", country="MY")
    return office


def acts_of(office: Office) -> AccreditorActs:
    return AccreditorActs(
        office.database,
        office.registry,
        office.journal,
        office.keys,
        office.accreditors,
        statements=lambda: {one.scope(): one for one in office.published},
    )


def statement(office: Office, name: str = "Universiti Sains Malaysia (recognised)") -> AccreditationStatement:
    return statement_about(
        office.catalog, "mqa", "usm", name=name, country="MY", recognised=("Micro-credentials",), on=date(2026, 3, 2)
    )


def until(office: Office, years: int = 2) -> int:
    return office.registry.final_block().time + years * YEAR


def asked(office: Office, years: int = 2) -> Act:
    return acts_of(office).recognise("mqa", statement(office), "usm", until(office, years), prepared_by="p1")


def carried(office: Office, act: Act) -> Act:
    acts = acts_of(office)
    acts.approve(act.id, "p2")
    for _ in range(20):
        if acts.carry() is None:
            break
    return acts.get("mqa", act.id)


def sent(registry: MemoryRegistry) -> list[object]:
    return [call for call in registry.transactions if isinstance(call, Accredit | EndAccreditation)]


def test_nothing_is_sent_before_it_is_approved(agency: Office, registry: MemoryRegistry) -> None:
    act = asked(agency)
    assert (act.state, acts_of(agency).carry(), sent(registry)) == (ActState.WAITS, None, [])
    assert carried(agency, act).state is ActState.FINAL
    assert [type(call) for call in sent(registry)] == [Accredit]
    [given] = agency.catalog.accreditations("usm")
    assert (given.valid_from is not None, given.valid_until) == (True, act.until)
    assert agency.published[0].name == "Universiti Sains Malaysia (recognised)"


def test_however_often_it_is_carried_it_is_sent_once(agency: Office, registry: MemoryRegistry) -> None:
    act = asked(agency)
    acts_of(agency).approve(act.id, "p2")
    for _ in range(5):
        acts_of(agency.restarted()).carry()
    assert len(sent(registry)) == 1
    assert len(agency.catalog.accreditations("usm")) == 1


def test_what_is_on_its_way_is_not_asked_for_twice(agency: Office) -> None:
    act, acts = asked(agency), acts_of(agency)
    with pytest.raises(Conflict, match="on its way already"):
        asked(agency)
    acts.take_back(act.id)
    assert acts.get("mqa", act.id).state is ActState.TAKEN_BACK
    with pytest.raises(Conflict, match="decided already"):
        acts.approve(act.id, "p2")
    assert asked(agency).state is ActState.WAITS


def test_an_end_moves_only_earlier_and_the_new_period_takes_the_place_of_the_old(
    agency: Office, registry: MemoryRegistry
) -> None:
    first = carried(agency, asked(agency))
    acts = acts_of(agency)
    assert first.until is not None
    with pytest.raises(Conflict, match="only move earlier"):
        acts.shorten("mqa", "usm", first.until, reason="", prepared_by="p1")
    shorter = carried(agency, acts.shorten("mqa", "usm", first.until - YEAR, reason="Fees", prepared_by="p1"))
    assert (shorter.kind, shorter.state) == (ActKind.SHORTEN, ActState.FINAL)
    old, new = agency.catalog.accreditations("usm")
    assert (old.valid_until, new.valid_until) == (new.valid_from, first.until - YEAR)
    assert old.scope == new.scope


def test_an_end_is_sent_and_noted(agency: Office, registry: MemoryRegistry) -> None:
    carried(agency, asked(agency))
    ended = carried(agency, acts_of(agency).end("mqa", "usm", reason="It closed", prepared_by="p1"))
    assert (ended.state, ended.reason) == (ActState.FINAL, "It closed")
    assert [type(call) for call in sent(registry)] == [Accredit, EndAccreditation]
    [given] = agency.catalog.accreditations("usm")
    assert given.valid_until <= registry.final_block().time
    with pytest.raises(NotFound, match="does not recognise"):
        acts_of(agency).end("mqa", "usm", reason="", prepared_by="p1")


def test_what_was_ended_elsewhere_meanwhile_counts_as_ended(agency: Office) -> None:
    carried(agency, asked(agency))
    act = acts_of(agency).end("mqa", "usm", reason="", prepared_by="p1")
    agency.accreditors.end("mqa", "usm")
    assert carried(agency, act).state is ActState.FINAL
    assert len(agency.catalog.accreditations("usm")) == 1


def test_without_the_chain_it_waits_and_goes_on_by_itself(
    agency: Office, registry: MemoryRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    act, acts = asked(agency), acts_of(agency)
    acts.approve(act.id, "p2")

    def away(*_: object) -> None:
        raise RegistryUnreachable("nobody answers")

    with monkeypatch.context() as patch:
        patch.setattr(agency.registry, "quote", away)
        acts.carry()
    waiting = acts.get("mqa", act.id)
    assert (waiting.state, waiting.problem_code) == (ActState.GOING, "registry_unreachable")
    acts.carry()
    acts.carry()
    assert (acts.get("mqa", act.id).state, acts.get("mqa", act.id).problem) == (ActState.FINAL, None)
    assert len(sent(registry)) == 1


def test_what_no_statement_may_say_is_refused(agency: Office) -> None:
    with pytest.raises(MalformedDocument):
        statement(agency, name="")
    with pytest.raises(Conflict, match="over already"):
        asked(agency, years=-1)
    other = replace(statement(agency), issuer_id=bytes(32))
    with pytest.raises(Conflict, match="another issuer"):
        acts_of(agency).recognise("mqa", other, "usm", until(agency), prepared_by="p1")
    assert DEFAULT_YEARS > 1
