"""What is shared adds up to one person's credits: those of a record that mixes people count for nobody."""

from __future__ import annotations

import orjson
import pytest

from api.wallets.overview import entries_of
from api.web.overviews import overview_view
from ledger.stacking.overview import overview
from tests.unit.stacking.test_overview import TODAY
from tests.unit.verifying.test_record import a_published_record, with_subject
from tests.world import World


@pytest.mark.parametrize(("other", "counted"), [("did:key:z6MkA", 2), ("did:key:z6MkB", 0)])
def test_credentials_of_two_people_count_for_neither(other: str, counted: int) -> None:
    world = World()
    issued = world.issue(with_subject(1, "did:key:z6MkA"), with_subject(2, other))
    report = world.verifier().verify(orjson.dumps(a_published_record(world, *issued)))
    found = overview(entries_of(report), on=TODAY)
    assert found["counted"] == counted
    view = overview_view(found, {})
    notes = [note for year in view.years for line in year.lines for note in line.notes]
    assert notes.count("Not counted: it may be somebody else's.") == 2 - counted
