"""What no chain tells of issuers and accreditors: their names, addresses, programmes and pathways. Taken from an
archive into a database that was rebuilt."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import select

from ledger.issuing.programmes import Programmes
from ledger.issuing.rows import issuer_row, saved
from ledger.issuing.tables import AccreditorRow, IssuerRow, PathwayRow
from ledger.issuing.values import Accreditor, Issuer, StoredPathway, StoredProgramme
from ledger.storage import Database


class Facts:
    """Writes down facts about those whom the database knows already; others are left out."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._programmes = Programmes(database)

    def note(
        self,
        issuers: Iterable[Issuer],
        accreditors: Iterable[Accreditor],
        programmes: Iterable[StoredProgramme],
        pathways: Iterable[StoredPathway],
    ) -> None:
        """Notes all of them. Again, it changes nothing. Raises as `Programmes.add` for a programme that is not the one
        that is stored."""
        known = self._note_names(issuers, accreditors)
        for programme in programmes:
            if programme.issuer in known:
                self._programmes.add(programme.issuer, programme.content, restored=True)
        for pathway in pathways:
            if pathway.issuer in known:
                self._note_pathway(pathway)

    def _note_names(self, issuers: Iterable[Issuer], accreditors: Iterable[Accreditor]) -> set[str]:
        known = set()
        with self._database.writing() as session:
            for issuer in issuers:
                row = session.exec(select(IssuerRow).where(IssuerRow.issuer_id == issuer.issuer_id)).first()
                if row is not None:
                    known.add(row.slug)
                    row.name, row.kind, row.url, row.country = issuer.name, issuer.kind, issuer.url, issuer.country
                    session.add(row)
            for accreditor in accreditors:
                by = session.exec(select(AccreditorRow).where(AccreditorRow.address == accreditor.address)).first()
                if by is not None:
                    by.name, by.url, by.country = accreditor.name, accreditor.url, accreditor.country
                    session.add(by)
        return known

    def _note_pathway(self, pathway: StoredPathway) -> None:
        with self._database.writing() as session:
            if session.exec(select(PathwayRow).where(PathwayRow.pathway_id == pathway.pathway_id)).first() is None:
                session.add(
                    PathwayRow(
                        issuer=saved(issuer_row(session, pathway.issuer).id),
                        code=pathway.code,
                        version=pathway.version,
                        name=pathway.name,
                        pathway_id=pathway.pathway_id,
                        content=pathway.content,
                    )
                )
