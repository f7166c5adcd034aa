"""Learners of whom pages have something to show, and whom no other test knows."""

from __future__ import annotations

from ledger.chain.registry import Reason
from ledger.issuing.values import StoredCredential
from tests.office import JCS_ONLY
from tests.site import Campus, Owner


def an_awarded_learner(campus: Campus) -> Owner:
    """The wallet of a learner with two modules and the award that rests on them."""
    workspace = campus.workspace
    modules = campus.awarded("intro", "needs")
    pathway = workspace.pathways.find("design", "usm")
    batch = workspace.awards.draft("usm", pathway.pathway_id, learner_ids=[modules[0].learner_id], label="Award")
    assert batch is not None
    workspace.pipeline.advance(batch.id, suites=JCS_ONLY)
    owner = campus.a_wallet()
    for one in (*modules, *workspace.catalog.credentials(batch=batch.id)):
        owner.take_in(workspace.catalog.document(one.credential_id))
    return owner


def a_revoked_credential(campus: Campus) -> StoredCredential:
    """A credential that the registry calls revoked."""
    [credential] = campus.awarded("needs", label="To be revoked")
    campus.workspace.revocation.revoke([credential.credential_id], Reason.ASSESSMENT_INVALID)
    return credential


def a_learner_with_a_revoked_credential(campus: Campus) -> Owner:
    """The wallet of a learner with two modules that are valid, and one that was revoked."""
    owner = campus.a_full_wallet()
    owner.take_in(campus.workspace.catalog.document(a_revoked_credential(campus).credential_id))
    return owner
