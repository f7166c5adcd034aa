"""The six truths, checked from outside: what was promised and what is claimed, against what the chain itself holds.

Nothing here goes through a fault proxy, and nothing is believed because the program says so.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ledger.documents.canonical import canonicalize
from ledger.documents.strict_json import parse
from ledger.errors import CairnError
from scripts.faulting.chain_facts import ChainFacts, read_facts
from scripts.faulting.claims import Claims, CredentialClaim
from scripts.faulting.template import point_at, point_at_database

if TYPE_CHECKING:
    from ledger.verifying.verifier import Verifier
    from scripts.faulting.world import Promises, World

FINAL = "final"
REVOKED, PENDING = "revoked", ("revoking",)
DRAFT_STATES = ("open",)


@dataclass
class Findings:
    """Every violation in one sentence: three kinds that are counted, and all others."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    false_final: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __iadd__(self, other: Findings) -> Findings:
        return self.joined(other)

    def joined(self, other: Findings) -> Findings:
        """These and the others, here."""
        self.lost += other.lost
        self.doubled += other.doubled
        self.false_final += other.false_final
        self.wrong += other.wrong
        return self

    @property
    def sentences(self) -> list[str]:
        return [*self.lost, *self.doubled, *self.false_final, *self.wrong]


def check_truths(world: World) -> Findings:
    """All six, after the program was restarted and has done what was left."""
    claims, node = world.claims(), world.chain.node
    world.chain.finalize()
    head = read_facts(node, world.template.registry)
    final = read_facts(node, world.template.registry, "finalized")
    findings = check_promises(world.promises, claims, head, is_settled=not world.stage.ends_blocked)
    findings += check_anchors(claims, head)
    findings += check_claims(claims, final)
    findings += check_documents(world, claims, final)
    findings += check_reconciled(world)
    return findings


def check_promises(promises: Promises, claims: Claims, facts: ChainFacts, *, is_settled: bool) -> Findings:
    """Truths 1 and 4: what was acknowledged is there, byte for byte; revocations are on chain, or show as pending.

    `is_settled`: nothing stands in the way any more, so that what was asked for has come true by now.
    """
    findings = Findings()
    for name, body in promises.bodies.items():
        found = claims.credentials.get(name)
        if found is None:
            findings.lost.append(f"credential {name} was acknowledged and is gone")
        elif found.body != body:
            findings.lost.append(f"credential {name} has other bytes than were acknowledged")
    for name in promises.revocations:
        found = claims.credentials.get(name)
        is_revoked = found is not None and (found.issuer, found.status_index) in facts.revoked
        if found is None or not (is_revoked or found.status in PENDING):
            findings.lost.append(f"the revocation of {name} was acknowledged and is not on chain")
        elif is_settled and not is_revoked:
            findings.wrong.append(f"the revocation of {name} is still pending, with nothing in the way")
    for number in promises.batches if is_settled else ():
        batch = claims.batches.get(number)
        if batch is None or batch.state != FINAL or not batch.is_finished:
            findings.wrong.append(f"batch {number} was to be issued and is {batch.state if batch else 'gone'}")
    return findings


def check_anchors(claims: Claims, facts: ChainFacts) -> Findings:
    """Truth 2: one event for each anchored batch, and no event for anything else; no root stands for two batches."""
    findings = Findings()
    for issuer in {batch.issuer for batch in claims.batches.values()}:
        events = facts.roots_of(issuer)
        known = Counter(one.root for one in claims.batches.values() if one.issuer == issuer and one.root)
        for root, count in events.items():
            if count > 1:
                findings.doubled.append(f"root {root.hex()[:16]} has {count} Anchored events")
            if root not in known:
                findings.doubled.append(f"root {root.hex()[:16]} is anchored and belongs to no batch")
        findings.doubled += [
            f"{count} batches have root {root.hex()[:16]}" for root, count in known.items() if count > 1
        ]
    return findings


def check_claims(claims: Claims, facts: ChainFacts) -> Findings:
    """Truth 3, for what the database says: final and revoked are said only of what a final block holds."""
    findings = Findings()
    for batch in claims.batches.values():
        if batch.state == FINAL and not facts.anchors[batch.issuer, batch.root or b""]:
            findings.false_final.append(f"batch {batch.id} is called final and no final block anchors it")
    for one in claims.credentials.values():
        if one.status == REVOKED and (one.issuer, one.status_index) not in facts.revoked:
            findings.false_final.append(f"{one.id} is called revoked and no final block revokes it")
    return findings


def check_documents(world: World, claims: Claims, facts: ChainFacts) -> Findings:
    """Truths 1 and 3, for the documents that are handed out: their bytes, and the verdict on them."""
    from ledger.workspace import Workspace

    findings = Findings()
    verifier = honest_verifier(world)
    with Workspace.open(world.data) as workspace:
        for claim in claims.credentials.values():
            try:
                document = workspace.catalog.document(claim.id)
            except CairnError as error:
                findings.lost.append(f"the document of {claim.id} cannot be had: {error}")
                continue
            findings += judge(verifier, document, claim, claims, facts)
    return findings


def judge(verifier: Verifier, document: bytes, claim: CredentialClaim, claims: Claims, facts: ChainFacts) -> Findings:
    """One document against the chain: valid exactly if a final block anchors it and none revokes it."""
    findings = Findings()
    if bare_digest(document) != claim.body:
        findings.lost.append(f"the document of {claim.id} has other bytes than the one that is stored")
    batch = claims.batches[claim.batch]
    if batch.state in DRAFT_STATES:
        return findings
    is_anchored = bool(facts.anchors[claim.issuer, batch.root or b""])
    is_ended = (claim.issuer, claim.status_index) in facts.revoked | facts.suspended
    is_ended = is_ended or (claim.issuer, batch.root or b"") in facts.withdrawn
    report = verifier.verify(document)
    verdict = report.verdict.value
    if verdict == "valid" and (is_ended or not is_anchored):
        findings.false_final.append(f"{claim.id} is called valid, and the chain says otherwise")
    if verdict != "valid" and is_anchored and not is_ended and batch.is_finished:
        because = ", ".join(check.code for check in report.checks if check.outcome == report.verdict)
        findings.wrong.append(f"{claim.id} is {verdict} ({because}), and the chain holds it")
    return findings


def check_reconciled(world: World) -> Findings:
    """Truth 6: the program's own comparison of database and chain finds no difference."""
    world.tell_truth()
    ended = world.program.run("reconcile", "--json")
    if world.stage.ends_blocked or ended.code == 0:
        return Findings()
    return Findings(wrong=[f"reconcile: {ended}"])


def bare_digest(document: bytes) -> bytes:
    """The SHA-256 of a document without its proofs, in canonical form."""
    bare = {name: value for name, value in parse(document).items() if name != "proof"}
    return hashlib.sha256(canonicalize(bare)).digest()


def honest_verifier(world: World) -> Verifier:
    """A verifier that needs no database, and whose only node is the chain itself."""
    from ledger.workspace import Workspace

    folder = world.folder / "witness"
    if not folder.exists():
        shutil.copytree(world.template.data, folder, ignore=shutil.ignore_patterns("*.db*"))
    point_at(folder, [world.chain.url])
    point_at_database(folder, None)
    return Workspace.open(folder).verifier()
