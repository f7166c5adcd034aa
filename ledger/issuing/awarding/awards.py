"""Awards for a pathway: who holds all that it asks for gets a credential that names and proves what it rests on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from ledger.chain.registry import Registry
from ledger.documents.achievement import Achievement, achievement_id
from ledger.documents.credential import Learner
from ledger.documents.recognition import Recognition
from ledger.documents.strict_json import JsonObject, parse
from ledger.documents.text import email_problem, text_problem
from ledger.errors import Conflict, DraftError, NotFound, Problem
from ledger.issuing.awarding.applications import GRAVE, Applicant, Application, Applications, Judge
from ledger.issuing.awarding.components import counted, counted_sentence, index_awards
from ledger.issuing.awarding.entry import award_entry
from ledger.issuing.awarding.holdings import Holdings, with_did
from ledger.issuing.awarding.plan import AwardPlan, Holder, Prospect, Standing, assess, in_order
from ledger.issuing.catalog import Catalog
from ledger.issuing.drafting import Entry, Then
from ledger.issuing.imports import Imports
from ledger.issuing.programmes import Programmes
from ledger.issuing.values import Batch, CredentialStatus, Issuer, RequestKey, StoredPathway
from ledger.stacking.pathway import Pathway, parse_pathway
from ledger.storage import INSERT_CHUNK, Database

NOTHING_DRAFTED = "nothing was drafted"
_GONE = (CredentialStatus.REVOKED, CredentialStatus.WITHDRAWN)


@dataclass(frozen=True)
class _Setting:
    """A pathway, whose it is, and the achievement that it leads to."""

    stored: StoredPathway
    pathway: Pathway
    issuer: Issuer
    achievement: Achievement

    @property
    def codes(self) -> list[str]:
        """The codes of the issuer's own achievements that count, in place of others too."""
        counting = [(one.achievement_id, one.issuer_did) for one in self.pathway.components]
        counting += [
            (substitute.achievement_id, substitute.issuer_did)
            for one in self.pathway.components
            for substitute in one.substitutes
        ]
        own = [achievement for achievement, did in counting if did == self.issuer.did]
        return [achievement.rpartition("/achievements/")[2] for achievement in own]


class Awards:
    """Finds who has earned the award of a pathway, and drafts it. What it drafts goes through the pipeline as usual.

    An issuer's own credentials count if they are final, and in force at the newest final block; those of other issuers
    if the learner hands in their documents. Raises NotFound for what there is not, RegistryError where the registry
    does not tell.
    """

    def __init__(self, database: Database, registry: Registry, *, judge: Judge) -> None:
        self._database = database
        self._catalog = Catalog(database)
        self._holdings = Holdings(database, registry)
        self._applications = Applications(registry, judge)
        self._imports = Imports(database)
        self._programmes = Programmes(database)

    # --- before anything is drafted ---

    def plan(
        self,
        issuer: str,
        pathway_id: str,
        *,
        learner_ids: Collection[str] | None = None,
        awarded_on: date | None = None,
    ) -> AwardPlan:
        """Who would be awarded, who is how far, and why credentials do not count. Writes nothing.

        Looked at are all learners who were given something that the pathway asks for, or those named.
        """
        setting, on = self._setting(issuer, pathway_id), _day(awarded_on)
        return AwardPlan(setting.stored, in_order(self._prospects(setting, on, learner_ids)))

    def try_out(self, issuer: str, pathway: Pathway) -> tuple[Prospect, ...]:
        """As `plan`, for a pathway that is not published yet and would be awarded today."""
        name, version = pathway.id.rsplit("/", 2)[1], pathway.version
        stored = StoredPathway(issuer, name, version, pathway.title, pathway.id, pathway.canonical())
        setting = self._setting_of(self._catalog.issuer(issuer), stored, pathway)
        return in_order(self._prospects(setting, _day(None), None))

    def plan_for(
        self,
        issuer: str,
        pathway_id: str,
        applicant: Applicant,
        documents: Sequence[bytes],
        *,
        awarded_on: date | None = None,
    ) -> AwardPlan:
        """The same for one learner, with documents that they hand in. Raises MalformedDocument for what is none."""
        setting = self._setting(issuer, pathway_id)
        prospect, _ = self._applied(setting, applicant, documents, _day(awarded_on))
        return AwardPlan(setting.stored, (prospect,))

    def applicant(
        self,
        issuer: str,
        learner_id: str,
        *,
        name: str | None = None,
        email: str | None = None,
        other_emails: Iterable[str] = (),
    ) -> Applicant:
        """A learner as the issuer's newest credential names them, or with the name and the address that are given.

        Raises DraftError for an unusable value, Conflict `learner_unknown` where a name or an address is wanting.
        """
        problems = [
            Problem(problem.code, problem.message, None, column)
            for column, value, check in (
                ("learner_id", learner_id, text_problem),
                ("name", name, text_problem),
                ("email", email, email_problem),
                *(("other_emails", other, email_problem) for other in other_emails),
            )
            if value is not None and (problem := check(value)) is not None
        ]
        if problems:
            raise DraftError(problems, then=NOTHING_DRAFTED)
        known = self._catalog.credentials(issuer=issuer, learner_id=learner_id)
        if known:
            name, email = name or known[-1].learner_name, email or known[-1].email
        if not name or not email:
            raise Conflict(
                f"{issuer} knows no learner {learner_id!r}; give a name and an address too", "learner_unknown"
            )
        others = frozenset(other.lower() for other in other_emails) | {one.email for one in known}
        return Applicant(Learner(name, email.lower(), learner_id), others)

    # --- drafting ---

    def draft(
        self,
        issuer: str,
        pathway_id: str,
        *,
        learner_ids: Collection[str] | None = None,
        awarded_on: date | None = None,
        label: str | None = None,
        request: RequestKey | None = None,
        then: Then | None = None,
    ) -> Batch | None:
        """Drafts the award for all learners (or those named) who are entitled and do not hold it. None if nobody is.

        `then` is noted with the batch. Raises Conflict `already_issued`, `double_counting` if another process came
        between, `idempotency_conflict`.
        """
        if request is not None and (made := self._imports.made_by(request)) is not None:
            return made
        setting, on = self._setting(issuer, pathway_id), _day(awarded_on)
        entitled = [one for one in self._prospects(setting, on, learner_ids) if one.standing is Standing.ENTITLED]
        if not entitled:
            return None
        entries = [self._entry(setting, prospect, {}, on) for prospect in entitled]
        batch, _ = self._imports.store_once(
            issuer, entries, label=label or setting.pathway.title, request=request, then=then
        )
        return batch

    def draft_for(
        self,
        issuer: str,
        pathway_id: str,
        applicant: Applicant,
        documents: Sequence[bytes],
        *,
        awarded_on: date | None = None,
        label: str | None = None,
        request: RequestKey | None = None,
    ) -> Batch:
        """Drafts the award for one learner, from what the issuer gave them and from documents that they hand in.

        Raises Conflict: `learner_mismatch`, `credential_twice` for a document that is somebody else's, or there twice;
        `already_issued`; if something is missing, the code of the first document that does not count
        (`component_invalid`, `component_unchecked`, `component_foreign`, …), or `pathway_unmet`. MalformedDocument for
        what cannot be read.
        """
        if request is not None and (made := self._imports.made_by(request)) is not None:
            return made
        setting, on = self._setting(issuer, pathway_id), _day(awarded_on)
        prospect, application = self._applied(setting, applicant, documents, on)
        _require_entitled(prospect)
        entry = self._entry(setting, prospect, application.documents, on)
        batch, _ = self._imports.store_once(issuer, [entry], label=label or setting.pathway.title, request=request)
        return batch

    # --- the parts ---

    def _setting(self, issuer: str, pathway_id: str) -> _Setting:
        who, stored = self._catalog.issuer(issuer), self._catalog.pathway(pathway_id)
        return self._setting_of(who, stored, parse_pathway(stored.content))

    def _setting_of(self, who: Issuer, stored: StoredPathway, pathway: Pathway) -> _Setting:
        for programme in self._catalog.programmes(who.slug):
            for achievement in self._programmes.parsed(who.slug, programme.code).achievements:
                if achievement_id(who.base_url, achievement.code) == pathway.award_id:
                    return _Setting(stored, pathway, who, achievement)
        raise NotFound(f"{who.slug} has no achievement {pathway.award_id}", "achievement_unknown")

    def _prospects(self, setting: _Setting, on: date, learner_ids: Collection[str] | None) -> list[Prospect]:
        decisions, codes = self._recognised(setting)
        holders = self._holdings.of(setting.issuer, codes, learner_ids=learner_ids)
        decided = {decision.credential_digest: decision for decision in decisions}
        given = [
            replace(one, recognitions=tuple(decided[held.digest] for held in one.held if held.digest in decided))
            for one in holders.values()
        ]
        return self._assessed(setting, given, on)

    def _applied(
        self, setting: _Setting, applicant: Applicant, documents: Sequence[bytes], on: date
    ) -> tuple[Prospect, Application]:
        """One learner, with what they hold here and what they hand in."""
        learner_id = applicant.learner.learner_id
        decisions, codes = self._recognised(setting)
        own = self._holdings.of(setting.issuer, codes, learner_ids=[learner_id]).get(learner_id)
        if own is not None:
            applicant = replace(applicant, learner=replace(applicant.learner, did=own.learner.did))
        application = self._applications.read(applicant, documents)
        learner = applicant.learner
        for document in application.documents.values():
            learner = with_did(learner, document)
        holder = application.added_to(Holder(learner, own.held if own else (), own.refused if own else ()))
        known = {decision.endorsement_digest for decision in holder.recognitions}
        held = {one.digest for one in holder.held}
        more = tuple(one for one in decisions if one.credential_digest in held and one.endorsement_digest not in known)
        (prospect,) = self._assessed(setting, [replace(holder, recognitions=(*holder.recognitions, *more))], on)
        return prospect, application

    def _recognised(self, setting: _Setting) -> tuple[tuple[Recognition, ...], list[str]]:
        """The issuer's own recognition decisions, if they count, and the codes of all that may count with them."""
        if setting.issuer.did not in setting.pathway.recognised_by:
            return (), setting.codes
        decisions = self._holdings.recognitions(setting.issuer)
        codes = dict.fromkeys(setting.codes)
        for decision in decisions:
            try:
                recognised = self._catalog.credential(decision.credential_id)
            except NotFound:
                continue
            if recognised.issuer == setting.issuer.slug and recognised.kind.is_earned:
                codes[recognised.achievement] = None
        return decisions, list(codes)

    def _assessed(self, setting: _Setting, holders: Sequence[Holder], on: date) -> list[Prospect]:
        index_awards(self._database)
        ids = [holder.learner.learner_id for holder in holders]
        used = self._used(setting, [held.digest for holder in holders for held in holder.held])
        awards = {
            one.learner_id: one.credential_id
            for one in self._catalog.all_credentials(
                issuer=setting.issuer.slug,
                achievements=[setting.achievement.code],
                learner_ids=ids if len(ids) <= INSERT_CHUNK else None,
            )
            if one.status not in _GONE
        }
        return [
            assess(setting.pathway, holder, on=on, used=used, award=awards.get(holder.learner.learner_id))
            for holder in holders
        ]

    def _used(self, setting: _Setting, digests: Iterable[bytes]) -> Mapping[bytes, str]:
        """Of credentials that may not count here, because they count elsewhere, why."""
        own = setting.pathway.no_double_counting
        return {
            digest: "it " + counted_sentence(award.award, award.name)
            for digest, awards in counted(self._database, digests).items()
            for award in awards
            if own or award.exclusive
        }

    def _entry(self, setting: _Setting, prospect: Prospect, handed_in: Mapping[bytes, JsonObject], on: date) -> Entry:
        chosen = prospect.evaluation.chosen
        decisions = prospect.evaluation.recognitions_used
        own = [one.credential_id for one in chosen if one.digest not in handed_in]
        own += [one.endorsement_id for one in decisions if one.endorsement_digest not in handed_in]
        read = dict(zip(own, map(parse, self._catalog.documents(own)), strict=True))
        return award_entry(
            setting.issuer,
            setting.achievement,
            setting.pathway,
            prospect.learner,
            [handed_in.get(one.digest) or read[one.credential_id] for one in chosen],
            [handed_in.get(one.endorsement_digest) or read[one.endorsement_id] for one in decisions],
            on,
        )


def _require_entitled(prospect: Prospect) -> None:
    """Raises Conflict as `Awards.draft_for` says."""
    grave = next((one for one in prospect.refused if one.code in GRAVE), None)
    if grave is not None:
        raise Conflict(f"{grave.title or grave.credential_id}: {grave.reason}; {NOTHING_DRAFTED}", grave.code)
    if prospect.standing is Standing.AWARDED:
        raise Conflict(f"{prospect.learner.learner_id} holds the award already: {prospect.award}", "already_issued")
    if prospect.standing is Standing.ENTITLED:
        return
    if not prospect.evaluation.decided:
        raise Conflict(
            "whether this is enough takes too long to find out; hand in fewer credentials", "pathway_undecided"
        )
    first = prospect.refused[0] if prospect.refused else None
    lacks = "; ".join(need.rstrip(".") for need in prospect.evaluation.needs) or "the rule is not met"
    why = f". {first.title or first.credential_id}: {first.reason}" if first else ""
    raise Conflict(f"the pathway asks for more: {lacks}{why}", first.code if first else "pathway_unmet")


def _day(wanted: date | None) -> date:
    """The day of the award. Raises Conflict `award_date` for one that has not come yet."""
    today = datetime.now(UTC).date()
    if wanted is not None and wanted > today:
        raise Conflict(f"{wanted} has not come yet: nothing can be awarded on it", "award_date")
    return wanted or today
