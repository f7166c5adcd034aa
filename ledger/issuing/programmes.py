"""What an issuer awards: programmes and pathways, stored as they were given.

A programme with the same content is taken as stored already; other content under the same code is refused, because
credentials that were issued under it point there. A new version of a pathway has an id of its own.
"""

from __future__ import annotations

from sqlmodel import select

from ledger.documents.programme import Programme, parse_programme
from ledger.errors import Conflict, DraftError
from ledger.issuing.catalog import Catalog
from ledger.issuing.rows import issuer_row, saved
from ledger.issuing.tables import AchievementRow, PathwayRow, ProgrammeRow
from ledger.issuing.values import StoredPathway, StoredProgramme
from ledger.stacking.definition import define_pathway
from ledger.stacking.profiles.claims import programme_problems
from ledger.storage import Database


class Programmes:
    """Stores programmes and pathways of issuers."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._catalog = Catalog(database)

    def add(self, issuer: str, content: bytes, *, restored: bool = False) -> StoredProgramme:
        """Stores a programme file. One that is `restored` was taken before: its claims are not looked at again.

        Raises DraftError with every problem of the file, also where it does not fit a profile that it claims or has a
        title that the issuer may not give; Conflict `programme_exists` for other content under a code
        that is taken, `achievement_exists` if another programme of the issuer has one of the achievements.
        """
        programme = parse_programme(content)
        with self._database.writing() as session:
            owner = saved(issuer_row(session, issuer).id)
            known = session.exec(
                select(ProgrammeRow).where(ProgrammeRow.issuer == owner, ProgrammeRow.code == programme.code)
            ).first()
            if known is not None and known.content != content:
                raise Conflict(f"{issuer} has another programme {programme.code!r} already", "programme_exists")
            if known is None and not restored:
                _require_claims(programme, country=issuer_row(session, issuer).country)
            if known is None:
                row = ProgrammeRow(issuer=owner, code=programme.code, name=programme.title, content=content)
                session.add(row)
                session.flush()
                for achievement in programme.achievements:
                    taken = session.exec(
                        select(AchievementRow.code).where(
                            AchievementRow.issuer == owner, AchievementRow.code == achievement.code
                        )
                    ).first()
                    if taken is not None:
                        raise Conflict(f"{issuer} has an achievement {taken!r} already", "achievement_exists")
                    session.add(
                        AchievementRow(
                            issuer=owner, programme=saved(row.id), code=achievement.code, name=achievement.title
                        )
                    )
        return self._catalog.programme(issuer, programme.code)

    def add_pathway(self, issuer: str, programme: str, content: bytes) -> StoredPathway:
        """Publishes a version of a pathway from its definition file.

        Raises DraftError with every problem of the file, Conflict `pathway_exists` for other content under a version
        that is taken.
        """
        profile = self._catalog.issuer(issuer).profile
        pathway = define_pathway(content, issuer=profile, programme=self.parsed(issuer, programme))
        code = pathway.id.rsplit("/", 2)[1]
        canonical = pathway.canonical()
        with self._database.writing() as session:
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
        return self._catalog.pathway(pathway.id)

    def parsed(self, issuer: str, code: str) -> Programme:
        """A stored programme as a value."""
        return parse_programme(self._catalog.programme(issuer, code).content)


def _require_claims(programme: Programme, *, country: str | None) -> None:
    if found := programme_problems(programme, country=country):
        raise DraftError(found, then="nothing was stored")
