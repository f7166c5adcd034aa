"""The picture of an award wherever it is shown: over what is shown with it, and over what is not."""

from __future__ import annotations

import re
from html import unescape

from ledger.chain.registry import Reason
from tests.office import JCS_ONLY, drafts
from tests.site import AWARD, MODULES, Campus, Owner

HTML = {"Accept": "text/html"}


def an_award(campus: Campus, number: int) -> tuple[Owner, list[str]]:
    """The wallet of a learner of one's own with nothing but an award; the ids of the two modules that it rests on."""
    workspace = campus.workspace
    rows = [draft for code in MODULES for draft in drafts(1, code=code, first=number)]
    batch = workspace.pipeline.advance(workspace.imports.draft_batch("usm", rows, label="Modules").id, suites=JCS_ONLY)
    pathway = workspace.pathways.find(AWARD, "usm").pathway_id
    drafted = workspace.awards.draft("usm", pathway, label="Award", learner_ids=[f"{number:04}"])
    assert drafted is not None
    [award] = workspace.catalog.credentials(batch=workspace.pipeline.advance(drafted.id, suites=JCS_ONLY).id)
    owner = campus.a_wallet()
    owner.take_in(workspace.catalog.document(award.credential_id))
    return owner, [one.credential_id for one in workspace.catalog.credentials(batch=batch.id)]


def stones_of(campus: Campus, path: str) -> list[str]:
    """The stones of the larger drawing, each with its kind, as text."""
    page = campus.client.get(path, headers=HTML).text
    drawing = page.partition('<svg class="broad"')[2].partition("\n<svg class=")[0]
    found = re.findall(r'<svg class="stone ([a-z ]+)"[^>]*>(.*?)</svg>', drawing, re.DOTALL)
    return [" ".join(unescape(re.sub("<[^>]*>", " ", f"{kind}: {inside}")).split()) for kind, inside in found]


def test_an_award_alone_stands_over_what_was_not_shown(campus: Campus) -> None:
    owner, modules = an_award(campus, 9701)
    path = owner.a_path(credential_ids=owner.held())
    award, *others = stones_of(campus, path)
    assert award.startswith("valid: Design")
    assert others == [f"unshown: Credential {at} of 2 not shown here In force" for at in (1, 2)]
    campus.workspace.revocation.revoke([modules[0]], Reason.ISSUED_IN_ERROR)
    award, *others = stones_of(campus, path)
    assert award.startswith("invalid: Design")
    assert others == [f"unshown: Credential {at} of 2 Not shown" for at in (1, 2)]


def test_what_is_shown_beside_an_award_is_no_dotted_stone(campus: Campus) -> None:
    owner, modules = an_award(campus, 9702)
    owner.take_in(campus.workspace.catalog.document(modules[0]))
    kinds = [stone.partition(":")[0] for stone in stones_of(campus, owner.a_path(credential_ids=owner.held()))]
    assert sorted(kinds) == ["unshown", "valid", "valid"]


def test_one_credential_of_a_large_record_stands_over_what_else_is_in_it(campus: Campus) -> None:
    owner, modules = an_award(campus, 9703)
    for one in modules:
        owner.take_in(campus.workspace.catalog.document(one))
    batch = campus.workspace.imports.draft_batch("usm", drafts(12, first=9710), label="Others")
    campus.workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
    for other in campus.workspace.catalog.credentials(batch=batch.id):
        owner.take_in(campus.workspace.catalog.document(other.credential_id))
    path = owner.a_path(credential_ids=owner.held())
    page = campus.client.get(path, headers=HTML).text
    places = re.findall(r'href="\?(credential=\d+)"', page)
    found = [stones for place in dict.fromkeys(places) if (stones := stones_of(campus, f"{path}?{place}"))]
    assert [[stone.partition(":")[0] for stone in stones] for stones in found] == [["valid"] * 3]
