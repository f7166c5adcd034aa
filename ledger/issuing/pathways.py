"""Publishing pathways: a version, once published, never changes, because awards name it by digest.

A new rule is a new version, with an id of its own. What becomes of those who complete a version is set for that version
alone, and can be changed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlmodel import Session, col, select

from ledger.documents.achievement import achievement_id
from ledger.documents.programme import Programme
from ledger.errors import Conflict, NotFound
from ledger.issuing.catalog import Catalog
from ledger.issuing.programmes import Programmes
from ledger.issuing.rows import issuer_row, pathway_value, saved
from ledger.issuing.tables import AchievementRow, IssuerRow, PathwayRow
from ledger.issuing.values import Awarding, StoredPathway
from ledger.stacking.definition import define_pathway
from ledger.stacking.pathway import Pathway, parse_pathway
from ledger.storage import Database


class Pathways:
    """The pathways of this ledger's issuers. Never asks the chain."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._catalog = Catalog(database)
        self._programmes = Programmes(database)

    def read(self, issuer: str, content: bytes) -> Pathway:
        """The pathway that a definition file stands for, as it would be published. Raises as `publish`."""
        return define_pathway(
            content,
            issuer=self._catalog.issuer(issuer).profile,
            programme=self._everything(issuer),
            others=[parse_pathway(stored.content) for stored in self.all()],
            achievements_of=self._achievements_of,
        )

    def publish(self, issuer: str, content: bytes) -> tuple[StoredPathway, bool]:
        """Publishes a version of a pathway from its definition file, and says whether it is new.

        Codes in the file are those of the issuer's achievements, of any of its programmes. Raises DraftError with every
        problem of the file (no two awards of this ledger may need each other), Conflict `pathway_exists` for other
        content under a version that is taken.
        """
        pathway = self.read(issuer, content)
        code = pathway.id.rsplit("/", 2)[1]
        canonical = pathway.canonical()
        with self._database.writing(alone=b"pathways") as session:
            known = session.exec(select(PathwayRow).where(PathwayRow.pathway_id == pathway.id)).first()
            if known is not None and known.content != canonical:
                raise Conflict(
                    f"version {pathway.version} of {code!r} says something else; publish a new version",
                    "pathway_exists",
                )
            if known is None:
                session.add(
                    PathwayRow(
                        issuer=saved(issuer_row(session, issuer).id),
                        code=code,
                        version=pathway.version,
                        name=pathway.title,
                        pathway_id=pathway.id,
                        content=canonical,
                    )
                )
        return self._catalog.pathway(pathway.id), known is None

    def all(self, issuer: str | None = None) -> tuple[StoredPathway, ...]:
        """Every published version, or those of one issuer, in the order in which they were published."""
        with self._database.reading() as session:
            query = select(PathwayRow, IssuerRow.slug).join(IssuerRow, col(IssuerRow.id) == PathwayRow.issuer)
            if issuer is not None:
                query = query.where(PathwayRow.issuer == issuer_row(session, issuer).id)
            rows = session.exec(query.order_by(col(PathwayRow.id))).all()
        return tuple(pathway_value(*row) for row in rows)

    def find(self, name: str, issuer: str | None = None) -> StoredPathway:
        """The version with this id, or of this `code/version`; of a `code` alone the newest.

        Without an issuer it may be anybody's, if one only has it. Raises NotFound `pathway_unknown`, Conflict
        `pathway_ambiguous`.
        """
        known = self.all(issuer)
        exact = [pathway for pathway in known if name in (pathway.pathway_id, f"{pathway.code}/{pathway.version}")]
        found = exact or [pathway for pathway in known if pathway.code == name]
        if not found:
            raise NotFound(f"there is no pathway {name!r}" + (f" of {issuer}" if issuer else ""), "pathway_unknown")
        if len({pathway.issuer for pathway in found}) > 1:
            raise Conflict(f"several issuers have a pathway {name!r}; name the issuer too", "pathway_ambiguous")
        return max(found, key=lambda pathway: pathway.version)

    def set_awarding(self, pathway_id: str, awarding: Awarding) -> StoredPathway:
        """Says what becomes of those who complete this version, and of those who have. Raises NotFound."""
        with self._database.writing() as session:
            row = pathway_row(session, pathway_id)
            row.awarding = awarding.value
            session.add(row)
        return self._catalog.pathway(pathway_id)

    def _achievements_of(self, did: str) -> Collection[str] | None:
        """The ids of all that an issuer of this ledger awards; None for others."""
        issuer = next((one for one in self._catalog.issuers() if one.did == did), None)
        if issuer is None:
            return None
        with self._database.reading() as session:
            row = issuer_row(session, issuer.slug)
            codes = session.exec(select(AchievementRow.code).where(AchievementRow.issuer == row.id)).all()
        return {achievement_id(issuer.base_url, code) for code in codes}

    def _everything(self, issuer: str) -> Programme:
        """All that the issuer awards, as one programme: a pathway may lead from one programme into another."""
        programmes: Sequence[Programme] = [
            self._programmes.parsed(issuer, stored.code) for stored in self._catalog.programmes(issuer)
        ]
        if not programmes:
            raise NotFound(f"{issuer} has no programme yet; import one first", "programme_unknown")
        achievements = tuple(achievement for programme in programmes for achievement in programme.achievements)
        return replace(programmes[0], title=self._catalog.issuer(issuer).name, achievements=achievements)


def pathway_row(session: Session, pathway_id: str) -> PathwayRow:
    """The row of a version. Raises NotFound `pathway_unknown`."""
    row = session.exec(select(PathwayRow).where(PathwayRow.pathway_id == pathway_id)).first()
    if row is None:
        raise NotFound("there is no such pathway", "pathway_unknown")
    return row
