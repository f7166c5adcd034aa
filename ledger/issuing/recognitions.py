"""Recognition decisions: what an institution counts somebody's credential for, anchored and revocable like the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from ledger.documents.achievement import achievement_id
from ledger.documents.code_lists import CREDIT_FRAMEWORKS, LEVEL_FRAMEWORKS
from ledger.documents.credential import Learner
from ledger.documents.endorsement import NOTHING, Endorsed, require_comment, require_end
from ledger.documents.recognition import (
    MAX_CREDITS,
    MIN_CREDITS,
    Decision,
    build_recognition,
    in_words,
)
from ledger.documents.strict_json import JsonObject
from ledger.documents.text import NAME_LIMIT, email_problem, text_problem, visible
from ledger.errors import DraftError, NotFound, Problem
from ledger.issuing.catalog import Catalog
from ledger.issuing.drafting import Entry
from ledger.issuing.imports import Imports
from ledger.issuing.pathways import Pathways
from ledger.issuing.values import Batch, CredentialKind, RequestKey
from ledger.stacking.pathway import Pathway, parse_pathway
from ledger.storage import Database

REASON_LIMIT = 300
_NOBODY = Learner("", "", "")


@dataclass(frozen=True)
class Wanted:
    """What an institution wants to decide, in its own words: `pathway` and `achievement` are codes or ids.

    `unverified` is why it decides on a credential that did not verify; None for one that did. `email` is whose wallet
    the decision is for, where the institution knows that.
    """

    credits: float | None = None
    framework: str | None = None
    level: int | None = None
    level_framework: str | None = None
    pathway: str | None = None
    achievement: str | None = None
    comment: str | None = None
    valid_until: date | None = None
    unverified: str | None = None
    email: str | None = None


class Recognitions:
    """Drafts recognition decisions. Never asks the chain."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._imports = Imports(database)
        self._catalog = Catalog(database)
        self._pathways = Pathways(database)

    def draft(
        self, issuer: str, endorsed: Endorsed, wanted: Wanted, *, request: RequestKey | None = None
    ) -> tuple[Batch, bool]:
        """An open batch with one decision on a credential, at most once for a request; says whether the batch is new.

        Whether the credential may be decided on is the caller's to ask (`ledger.recognising`). Raises DraftError with
        every problem of what is wanted, NotFound for an issuer or a pathway that is not there.
        """
        profile = self._catalog.issuer(issuer).profile
        today = datetime.now(UTC).date()
        pathway = self._pathway(issuer, wanted)
        decision, problems = _decided(wanted, pathway, profile.base_url)
        if problems := problems + _words_problems(wanted):
            raise DraftError(problems, then=NOTHING)
        comment = _comment(wanted, decision, pathway)
        last = require_end(wanted.valid_until, today)

        def build(endorsement_id: str, status_index: int) -> JsonObject:
            return build_recognition(
                issuer=profile,
                endorsed=endorsed,
                decision=decision,
                pathway_digest=None if pathway is None else pathway.digest(),
                comment=comment,
                decided_on=today,
                status_index=status_index,
                endorsement_id=endorsement_id,
                valid_until=last,
            )

        name = f"Recognition of {endorsed.name}"
        learner = self._learner(issuer, endorsed, wanted)
        entry = Entry(CredentialKind.ENDORSEMENT, "recognition", name, learner, build)
        return self._imports.store_once(issuer, [entry], label=name, request=request)

    def is_used(self, issuer: str, wanted: Wanted) -> bool:
        """Whether the pathway that the decision is for, if any, counts decisions of the issuer. Raises as `draft`."""
        pathway = self._pathway(issuer, wanted)
        return pathway is None or self._catalog.issuer(issuer).did in pathway.recognised_by

    def _pathway(self, issuer: str, wanted: Wanted) -> Pathway | None:
        """The pathway of the issuer's own, or one of another's that names the issuer as an authority."""
        if wanted.pathway is None:
            return None
        try:
            return parse_pathway(self._pathways.find(wanted.pathway, issuer).content)
        except NotFound:
            found = parse_pathway(self._pathways.find(wanted.pathway).content)
            if self._catalog.issuer(issuer).did not in found.recognised_by:
                message = f"is another's pathway, which does not name {issuer} as one whose decisions count"
                raise DraftError([Problem("recogniser_unknown", message, column="pathway")], then=NOTHING) from None
            return found

    def _learner(self, issuer: str, endorsed: Endorsed, wanted: Wanted) -> Learner:
        """Whose decision it is: who was named, else who got the credential, if that is one of the issuer's own.

        What other issuers of this ledger know of their learners is not used.
        """
        if wanted.email is not None:
            return Learner("", wanted.email.strip().lower(), "")
        try:
            found = self._catalog.credential(endorsed.id)
        except NotFound:
            return _NOBODY
        if found.issuer != issuer or found.digest != endorsed.digest:
            return _NOBODY
        return Learner(found.learner_name, found.email, found.learner_id)


def _decided(wanted: Wanted, pathway: Pathway | None, base_url: str) -> tuple[Decision, list[Problem]]:
    """The decision, and what is wrong with it. A level without a framework is of that of the credits."""
    problems: list[Problem] = []
    framework, level_framework = wanted.framework, wanted.level_framework
    if wanted.level is not None and level_framework is None and framework in LEVEL_FRAMEWORKS:
        level_framework = framework
    if wanted.credits is not None and not MIN_CREDITS <= wanted.credits <= MAX_CREDITS:
        problems.append(Problem("field_range", f"must be between {MIN_CREDITS} and {MAX_CREDITS:,}", column="credits"))
    if wanted.credits is not None and framework not in CREDIT_FRAMEWORKS:
        problems.append(_choice("framework", CREDIT_FRAMEWORKS))
    if wanted.level is not None and level_framework not in LEVEL_FRAMEWORKS:
        problems.append(_choice("level_framework", LEVEL_FRAMEWORKS))
    elif wanted.level is not None and level_framework is not None:
        highest = LEVEL_FRAMEWORKS[level_framework].highest
        if not 1 <= wanted.level <= highest:
            problems.append(Problem("field_range", f"{level_framework} has levels 1 to {highest}", column="level"))
    component_id = _component(wanted.achievement, pathway, base_url, problems)
    if wanted.credits is None and wanted.level is None and wanted.achievement is None:
        message = "say what it counts for: credits, a level, or an achievement of the pathway"
        problems.append(Problem("field_missing", message, column="credits"))
    decision = Decision(
        credits=wanted.credits,
        framework=None if wanted.credits is None else framework,
        level=wanted.level,
        level_framework=None if wanted.level is None else level_framework,
        pathway_id=None if pathway is None else pathway.id,
        achievement_id=component_id,
    )
    return decision, problems


def _component(name: str | None, pathway: Pathway | None, base_url: str, problems: list[Problem]) -> str | None:
    """The id of the component of the pathway that is meant by a code or an id."""
    if name is None:
        return None
    if pathway is None:
        message = "needs a pathway, whose component the credential stands for"
        problems.append(Problem("field_missing", message, column="achievement"))
        return None
    wanted = {name, achievement_id(base_url, name)}
    found = next((one.achievement_id for one in pathway.components if one.achievement_id in wanted), None)
    if found is None:
        known = ", ".join(one.achievement_id.rpartition("/")[2] for one in pathway.components)
        message = f"“{visible(name, limit=NAME_LIMIT)}” is not a component of “{pathway.title}”; it has {known}"
        problems.append(Problem("pathway_reference", message, column="achievement"))
    return found


def _words_problems(wanted: Wanted) -> list[Problem]:
    """What is wrong with the texts: the reason for not verifying, and the learner's address."""
    found = []
    if wanted.unverified is not None and (trouble := text_problem(wanted.unverified, limit=REASON_LIMIT)):
        found.append(Problem(trouble.code, trouble.message, column="unverified"))
    if wanted.email is not None and (trouble := email_problem(wanted.email)):
        found.append(Problem(trouble.code, trouble.message, column="email"))
    return found


def _comment(wanted: Wanted, decision: Decision, pathway: Pathway | None) -> str:
    """The decision in words, that it was made on what did not verify, if so, and what the institution adds."""
    component = None
    if pathway is not None and decision.achievement_id is not None:
        component = f"“{pathway.component(decision.achievement_id).name}”"
    called = None if pathway is None else f"“{pathway.title}” (version {pathway.version})"
    lines = [f"This credential {in_words(decision, achievement=component, pathway=called)}."]
    if wanted.unverified is not None:
        lines.append(f"It was recognised although it did not verify: {wanted.unverified}")
    if wanted.comment is not None:
        lines.append(require_comment(wanted.comment))
    return require_comment("\n".join(lines))


def _choice(column: str, choices: Iterable[str]) -> Problem:
    return Problem("field_choice", f"must be one of: {', '.join(choices)}", column=column)
