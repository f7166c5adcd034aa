"""Issuers: registered once however often it is asked for, each key and account with its one purpose."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.chain.addresses import caip10
from ledger.chain.networks import EMBEDDED_CHAIN_ID
from ledger.chain.registry import AddKey, RegisterIssuer, Role, SetOperator
from ledger.documents.did import parse_did_document
from ledger.errors import Conflict, DraftError, NotFound, RegistryUnreachable
from ledger.issuing.key_ends import ended_key
from ledger.issuing.values import IssuerKind
from tests.fakes import FAKE_REGISTRY, MemoryRegistry
from tests.office import JCS_ONLY, Office


def test_registering_makes_keys_operators_and_an_entry_in_the_registry(
    office: Office, registry: MemoryRegistry
) -> None:
    issuer = office.catalog.issuer("usm")
    calls = [call for call in registry.transactions if isinstance(call, SetOperator)]
    state = registry.read([issuer.issuer_id], [], []).issuers[issuer.issuer_id]

    assert issuer.did == "did:web:cairn.example:issuers:usm"
    assert issuer.base_url == "https://cairn.example/issuers/usm"
    assert {(call.account, call.roles) for call in calls} == {
        (issuer.anchoring_operator, Role.ANCHOR),
        (issuer.revoking_operator, Role.REVOKE),
    }
    assert state is not None
    assert [key.key for key in state.keys] == [issuer.current_key.public_key]
    assert len({issuer.admin, issuer.anchoring_operator, issuer.revoking_operator}) == 3


def test_registering_again_changes_nothing(office: Office, registry: MemoryRegistry) -> None:
    before = registry.transactions
    issuer = office.catalog.issuer("usm")

    assert office.an_issuer() == issuer
    assert registry.transactions == before


def test_registering_again_with_other_facts_is_refused(office: Office) -> None:
    with pytest.raises(Conflict) as caught:
        office.issuers.register("usm", name="Universiti Sains Malaysia", country="SG")

    assert caught.value.code == "issuer_exists"


@pytest.mark.parametrize("at", range(12))
def test_an_interrupted_registration_goes_on_where_it_stopped(tmp_path: Path, at: int) -> None:
    registry = FailingRegistry(at)
    office = Office(tmp_path, registry)
    with pytest.raises(RegistryUnreachable):
        office.an_issuer("um")
    registry.left = None

    issuer = office.restarted().an_issuer("um")

    kinds = [type(call) for call in registry.transactions]
    assert kinds == [RegisterIssuer, SetOperator, SetOperator, AddKey]
    assert issuer.registered_at is not None
    assert issuer.current_key.opened_at is not None


def test_facts_that_cannot_stand_in_a_credential_are_refused_all_at_once(office: Office) -> None:
    with pytest.raises(DraftError) as caught:
        office.issuers.register("U SM", name=" USM", url="http://usm.example", country="Malaysia")

    assert [problem.column for problem in caught.value.problems] == ["slug", "name", "url", "country"]
    assert len(office.catalog.issuers()) == 1


def test_a_publisher_is_an_issuer_of_its_own_kind(office: Office) -> None:
    publisher = office.issuers.register("records", name="Cairn Records", kind=IssuerKind.PUBLISHER)

    assert publisher.kind is IssuerKind.PUBLISHER
    assert publisher.country is None


def test_a_new_key_signs_from_now_on_and_the_old_one_stays_listed(office: Office, registry: MemoryRegistry) -> None:
    issuer = office.issuers.add_key("usm")
    state = registry.read([issuer.issuer_id], [], []).issuers[issuer.issuer_id]

    assert [key.number for key in issuer.keys] == [1, 2]
    assert issuer.current_key.number == 2
    assert state is not None
    assert [key.key for key in state.keys] == [key.public_key for key in issuer.keys]


def test_an_interrupted_new_key_is_listed_before_another_is_made(office: Office, registry: MemoryRegistry) -> None:
    registry.unreachable = True
    with pytest.raises(RegistryUnreachable):
        office.issuers.add_key("usm")
    registry.unreachable = False
    assert office.catalog.issuer("usm").current_key.number == 1

    assert [key.number for key in office.issuers.add_key("usm").keys] == [1, 2]


def test_a_closed_key_signs_no_more_and_its_end_moves_only_earlier(office: Office) -> None:
    opened = office.catalog.issuer("usm").current_key.opened_at or 0
    issuer = office.issuers.close_key("usm", 1, until=opened + 5)

    with pytest.raises(Conflict) as no_key:
        _ = issuer.current_key
    with pytest.raises(Conflict) as later:
        office.issuers.close_key("usm", 1, until=opened + 6)
    assert (no_key.value.code, later.value.code) == ("no_key", "key_end")
    assert office.issuers.close_key("usm", 1) == issuer
    assert office.issuers.close_key("usm", 1, until=opened + 2).keys[0].closed_at == opened + 2


def test_a_retired_key_ends_after_all_that_it_signed(office: Office) -> None:
    batch = office.a_final_batch(1)
    waiting = office.an_open_batch(1, code="intro")
    office.pipeline.seal(waiting.id, suites=JCS_ONLY)
    with pytest.raises(Conflict) as busy:
        office.issuers.close_key("usm", 1)
    office.pipeline.advance(waiting.id, suites=JCS_ONLY)
    last = max(office.catalog.batch(one.id).anchored_at or 0 for one in (batch, waiting))

    issuer = office.issuers.close_key("usm", 1)

    assert (busy.value.code, busy.value.about) == ("key_busy", str(waiting.id))
    assert f"batch {waiting.id} (“{waiting.label}”)" in str(busy.value)
    assert (issuer.keys[0].closed_at or 0) > last
    assert ended_key(issuer, office.catalog.batch(waiting.id)) is None


def test_closing_a_key_that_there_is_not_is_refused(office: Office) -> None:
    with pytest.raises(NotFound):
        office.issuers.close_key("usm", 2)


def test_the_did_document_names_the_keys_and_the_place_in_the_registry(office: Office) -> None:
    issuer = office.issuers.add_key("usm")
    document = parse_did_document(office.issuers.did_document("usm"))

    assert document.id == issuer.did
    assert list(document.keys.values()) == [key.public_key for key in issuer.keys]
    assert document.registry == (caip10(EMBEDDED_CHAIN_ID, FAKE_REGISTRY), issuer.issuer_id)


class FailingRegistry(MemoryRegistry):
    """Answers so many signings, sendings and receipts, then no more until `left` is None."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left: int | None = left

    def _reach(self) -> None:
        if self.left is not None:
            if self.left == 0:
                raise RegistryUnreachable("no answer")
            self.left -= 1
        super()._reach()
