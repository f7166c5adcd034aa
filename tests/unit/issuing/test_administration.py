"""Acts of admins: stored before they are done, done once however often they are carried, and final in the end."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from sqlmodel import select

from ledger.chain.registry import AcceptAdmin, Address, ProposeAdmin, Registry, Role, SetOperator
from ledger.errors import Conflict, NotFound, RegistryUnreachable
from ledger.issuing.admin_acts import ActKind, Wanted, account_of, next_key
from ledger.issuing.administration import Administration
from ledger.issuing.signer import issuer_key
from ledger.issuing.tables import BatchRow
from tests.fakes import MemoryRegistry
from tests.office import Office
from tests.unit.issuing.test_issuers import FailingRegistry

OTHER = Address(bytes(range(1, 21)))


def of(office: Office) -> Administration:
    return Administration(
        office.database, office.registry, office.journal, office.keys, office.issuers, fund=office.fund
    )


def carried(office: Office, act_id: int, rounds: int = 8) -> str:
    for _ in range(rounds):
        act = of(office).carry(act_id)
        if not act.is_open:
            return act.state
    return "open"


def sent(registry: Registry, kind: type) -> list[object]:
    assert isinstance(registry, MemoryRegistry)
    return [call for call in registry.transactions if isinstance(call, kind)]


def test_an_operator_is_named_once_and_listed_with_its_period(office: Office, registry: MemoryRegistry) -> None:
    wanted = Wanted(ActKind.SET_OPERATOR, account=OTHER, roles=Role.REVOKE, until=2_000_000_000)
    before = len(sent(registry, SetOperator))
    assert [quote.gas > 0 for quote in of(office).quotes("usm", wanted)] == [True]

    act = of(office).ask("usm", wanted, by="Aina")
    assert of(office).ask("usm", wanted, by="Badrul").id == act.id
    assert carried(office, act.id) == "final"
    assert carried(office, act.id) == "final"

    assert len(sent(registry, SetOperator)) == before + 1
    named = next(one for one in of(office).operators("usm") if one.account == OTHER)
    assert (named.roles, named.valid_until) == (Role.REVOKE, 2_000_000_000)


def test_replacing_an_operator_grants_first_and_ends_the_old_role_last(
    office: Office, registry: MemoryRegistry
) -> None:
    old = office.catalog.issuer("usm").anchoring_operator
    act = of(office).ask("usm", Wanted(ActKind.REPLACE_OPERATOR, part="anchoring"), by="Aina")
    assert carried(office, act.id) == "final"

    issuer = office.catalog.issuer("usm")
    grant, end = sent(registry, SetOperator)[-2:]
    assert isinstance(grant, SetOperator)
    assert isinstance(end, SetOperator)
    assert (grant.account, grant.roles) == (issuer.anchoring_operator, Role.ANCHOR)
    assert (end.account, end.roles) == (old, Role(0))
    assert office.keys.account(issuer_key("usm", "anchoring")).address == issuer.anchoring_operator != old
    assert office.a_final_batch().state == "final"


def test_what_the_old_operator_signed_is_waited_for(office: Office, registry: MemoryRegistry) -> None:
    office.an_open_batch()
    with office.database.writing() as session:
        row = session.exec(select(BatchRow)).one()
        row.state = "sent"
        session.add(row)
    act = of(office).ask("usm", Wanted(ActKind.REPLACE_OPERATOR, part="revoking"), by="Aina")
    assert carried(office, act.id) == "open"
    assert "still on its way" in (of(office).act(act.id).said or "")
    assert isinstance(sent(registry, SetOperator)[-1], SetOperator)


def test_the_admin_hands_itself_over_to_a_new_key_and_can_act_after(office: Office, registry: MemoryRegistry) -> None:
    before = office.catalog.issuer("usm").admin
    act = of(office).ask("usm", Wanted(ActKind.REPLACE_ADMIN), by="Aina")
    assert carried(office, act.id) == "final"

    after = office.catalog.issuer("usm").admin
    assert after != before == office.keys.find_account(before).address  # type: ignore[union-attr]
    assert len(sent(registry, ProposeAdmin)) == len(sent(registry, AcceptAdmin)) == 1
    opened = of(office).ask("usm", next_key(office.catalog.issuer("usm")), by="Aina")
    assert carried(office, opened.id) == "final"
    assert office.catalog.issuer("usm").current_key.number == 2


@pytest.mark.parametrize("kind", [ActKind.REPLACE_OPERATOR, ActKind.REPLACE_ADMIN, ActKind.SET_OPERATOR])
@pytest.mark.parametrize("at", range(10))
def test_an_act_that_was_broken_off_goes_on_and_sends_nothing_twice(tmp_path: Path, kind: ActKind, at: int) -> None:
    registry = FailingRegistry(10_000)
    office = Office(tmp_path, registry)
    office.an_issuer()
    wanted = Wanted(
        kind,
        part="anchoring" if kind is ActKind.REPLACE_OPERATOR else None,
        account=OTHER if kind is ActKind.SET_OPERATOR else None,
        roles=Role.ANCHOR,
    )
    act = of(office).ask("usm", wanted, by="Aina")
    before = len(registry.transactions)
    registry.left = at
    with suppress(RegistryUnreachable):
        carried(office, act.id, rounds=2)
    registry.left = None

    assert carried(office.restarted(), act.id) == "final"
    steps = {ActKind.REPLACE_OPERATOR: 2, ActKind.REPLACE_ADMIN: 2, ActKind.SET_OPERATOR: 1}
    assert len(registry.transactions) == before + steps[kind]


def test_a_key_is_closed_as_retired_or_as_compromised(office: Office) -> None:
    issuer = office.catalog.issuer("usm")
    opened = of(office).ask("usm", next_key(issuer), by="Aina")
    assert carried(office, opened.id) == "final"
    batch = office.a_final_batch(2)
    start = issuer.keys[0].opened_at or 0

    assert of(office).doubtful("usm", 2, start) == batch.size
    assert of(office).doubtful("usm", 1, start) == 0
    retired = Wanted(ActKind.CLOSE_KEY, number=1, until=start + 10)
    assert carried(office, of(office).ask("usm", retired, by="Aina").id) == "final"
    leaked = Wanted(ActKind.CLOSE_KEY, number=2, until=(batch.anchored_at or 0), compromised=True)
    assert carried(office, of(office).ask("usm", leaked, by="Aina").id) == "final"
    keys = office.catalog.issuer("usm").keys
    assert [(key.closed_at, key.is_compromised) for key in keys] == [
        (start + 10, False),
        (batch.anchored_at, True),
    ]


def test_what_cannot_be_is_refused_before_it_is_stored(office: Office) -> None:
    admin = office.catalog.issuer("usm").admin
    for wanted, code in (
        (Wanted(ActKind.SET_OPERATOR, account=admin, roles=Role.ANCHOR), "operator_account"),
        (Wanted(ActKind.SET_OPERATOR, account=OTHER, roles=Role.ANCHOR, valid_from=20, until=10), "operator_period"),
        (Wanted(ActKind.REPLACE_OPERATOR, part="other"), "operator_roles"),
        (Wanted(ActKind.CLOSE_KEY, number=1, until=1), "key_end"),
    ):
        with pytest.raises(Conflict) as caught:
            of(office).ask("usm", wanted, by="Aina")
        assert caught.value.code == code
    with pytest.raises(NotFound):
        of(office).ask("usm", Wanted(ActKind.CLOSE_KEY, number=9, until=1), by="Aina")
    with pytest.raises(Conflict):
        account_of("0x12")
    assert of(office).acts("usm") == ()
