"""Verifies documents: bytes in, a report out.

The checks, in their order. Each has a number here and carries it in the code below.

     1 structure   one meaning only: types, known contexts in order, plain member names, one issuer
     2 schema      the JSON Schema that 1EdTech publishes for the type
     3 signature   at least one good signature of the issuer's, and no bad one of a suite that we know
     4 inclusion   the digest of these bytes leads to a root that this issuer anchored
     5 anchor      on a chain and in a registry that the policy trusts, in a block that is final
     6 issuer      registered under this DID, and recognised at anchor time by someone whom the policy trusts
     7 key         the key that signed was the issuer's, and open, at anchor time
     8 status      not revoked, not suspended, batch not withdrawn, as of the block that the report names
     9 period      validFrom and validUntil against the clock
    10 stack       what an award rests on, what a record holds
    11 holder      one person's credentials only; in a presentation, the holder's

What can be told from the bytes is told first; then every registry is read once; then the rest is judged without asking
anyone, but for a few bounded look-ups (is a root in a block that is not final yet, why was a credential revoked).

The caller has to choose the policy, and to show the network's kind where it shows the verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ledger.chain.registry import RegistryReader
from ledger.errors import MalformedDocument
from ledger.proofs.rdfc_worker import BoundedCanonicalizer
from ledger.verifying.as_of import as_of, require_come
from ledger.verifying.bulk import merge, questions_of
from ledger.verifying.dossier import Dossier, read
from ledger.verifying.history import versions_of
from ledger.verifying.inscriptions import Inscriptions
from ledger.verifying.judgement import Judgement
from ledger.verifying.policy import Policy
from ledger.verifying.readings import Lookups, Questions, RegistryKey, read_registries
from ledger.verifying.report import VerificationReport
from ledger.verifying.resources import Fetcher, Resources
from ledger.verifying.signature import MAX_RDF_SECONDS, Canonicalizer, SpendingCanonicalizer

if TYPE_CHECKING:
    from ledger.chain.foreign_anchors import InscriptionReader
    from ledger.documents.presentation import Presentation
    from ledger.verifying.presented import Asked, PresentationReport

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Verifier:
    """Verifies documents under one policy. Threads may share it.

    `readers` answer for the registries of the policy; a trusted registry without one can't be read, and its documents
    are `indeterminate`. `canonicalizer` does the RDF canonicalisation of strangers' documents. `fetcher` is asked only
    if the policy allows to fetch. `inscriptions` answer for other chains, by their CAIP-2 names, on which documents of
    others were anchored.
    """

    def __init__(
        self,
        policy: Policy,
        readers: Mapping[RegistryKey, RegistryReader],
        *,
        clock: Clock = utc_now,
        canonicalizer: Canonicalizer | None = None,
        fetcher: Fetcher | None = None,
        inscriptions: Mapping[str, InscriptionReader] | None = None,
    ) -> None:
        self._policy = policy
        self._readers = dict(readers)
        self._clock = clock
        self._canonicalizer = canonicalizer or BoundedCanonicalizer()
        self._fetcher = (fetcher or _guarded_fetcher()) if policy.fetch else None
        self._inscriptions = dict(inscriptions or {})

    def verify(self, data: bytes, *, on: datetime | None = None) -> VerificationReport:
        """The report on one document: JSON, or a token (VC-JWT) in its compact form.

        With `on`, all is judged as of that moment, by what the chains held then. Raises MalformedDocument if the bytes
        are not a document that can be read, and MomentRefused for a moment that has not come, or is in no time zone.
        """
        (result,) = self.verify_many([data], on=on)
        if isinstance(result, MalformedDocument):
            raise result
        return result

    def verify_many(
        self, documents: Sequence[bytes], *, on: datetime | None = None
    ) -> tuple[VerificationReport | MalformedDocument, ...]:
        """A report for each document, in order, with one read of each registry for all of them.

        What can't be read has a MalformedDocument in the place of its report. The components of an award count as shown
        if they are among the documents, alone or in a record; and the versions of a record are compared.
        """
        return tuple(self.verify_in_turn(documents, on=on))

    def verify_in_turn(
        self, documents: Sequence[bytes], *, on: datetime | None = None, rdf_seconds: float = MAX_RDF_SECONDS
    ) -> Iterator[VerificationReport | MalformedDocument]:
        """As `verify_many`, one report after another: the registries are read before the first.

        `rdf_seconds` is what the RDF canonicalisation of all the documents may take.
        """
        now = self._clock()
        moment = as_of(on, now) if on is not None else None
        entries = [_read(data) for data in documents]
        laid_out = [entry for entry in entries if not isinstance(entry, MalformedDocument)]
        asked = merge(questions for _, questions in laid_out)
        access = read_registries(self._policy, self._readers, asked, moment.moment if moment else None)
        if moment is not None:
            require_come(moment, access.values())
        judgement = Judgement(
            policy=self._policy,
            access=access,
            lookups=Lookups(self._readers),
            resources=Resources(self._policy.documents, now, self._fetcher),
            canonicalizer=SpendingCanonicalizer(self._canonicalizer, rdf_seconds),
            now=moment.on if moment else now,
            shown={part.digest: part.document for dossier, _ in laid_out for part in dossier.all() if part.is_readable},
            inscriptions=Inscriptions(self._inscriptions),
            versions=versions_of(dossier for dossier, _ in laid_out),
            as_of=moment,
        )
        for entry in entries:
            yield entry if isinstance(entry, MalformedDocument) else judgement.report(entry[0])

    def verify_presentation(self, presentation: Presentation, asked: Asked) -> PresentationReport:
        """The report on what a holder presents in answer to a challenge.

        Raises MalformedDocument for something presented that can't be read.
        """
        from ledger.verifying.presentation import judge_presentation

        now = self._clock()
        return judge_presentation(
            presentation,
            asked,
            verify_many=self.verify_many,
            resources=Resources(self._policy.documents, now, self._fetcher),
            canonicalizer=SpendingCanonicalizer(self._canonicalizer),
            now=now,
        )


def _guarded_fetcher() -> Fetcher:
    from ledger.verifying.fetching import GuardedFetcher

    return GuardedFetcher()


def _read(data: bytes) -> tuple[Dossier, dict[RegistryKey, Questions]] | MalformedDocument:
    try:
        dossier = read(data)
        return dossier, questions_of(dossier)
    except MalformedDocument as error:
        return error
