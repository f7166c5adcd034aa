"""The real programmes, from the first row to the last verdict: who is awarded, who is not and why, what falls later.

Four universities on one embedded chain. The facts are those of `samples/README.md`; who skipped what is invented.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.chain.addresses import caip10, checksum_address
from ledger.chain.registry import Reason, StatusAction
from ledger.cli.main import run
from ledger.cli.working import change_status, issue_all
from ledger.documents.strict_json import parse
from ledger.issuing.awarding.plan import AwardPlan, Prospect, Standing
from ledger.issuing.values import CredentialKind, CredentialStatus, StoredCredential
from ledger.verifying.report import VerificationReport
from ledger.workspace import Workspace

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
ISSUERS = {
    "usm": ("Universiti Sains Malaysia", "MY", "instructional-design", ["pathway"]),
    "um": ("Universiti Malaya", "MY", "mastery-of-malay-language", ["pathway"]),
    "purdue": ("Purdue University on FutureLearn", "US", "digital-media-analytics", ["pathway"]),
    "academyex": ("academyEX", "NZ", "postgraduate-study", ["postgraduate-certificate", "masters"]),
}
SKIPPED = "needs-assessment"
JOURNEYS = {
    "AX-01": (True, True),  # four micro-credentials beside the master's
    "AX-02": (True, False),  # a certificate, then four
    "AX-03": (True, True),  # two, then the master's
    "AX-04": (True, False),  # a certificate, then one
    "AX-05": (True, True),  # two, then the master's
    "AX-06": (True, False),  # one, then a certificate
    "AX-07": (False, False),  # three
    "AX-08": (True, False),  # one, then a certificate
    "AX-09": (True, False),  # one, then a certificate, then another
    "AX-10": (True, True),  # one, then a certificate, then the master's
}
"""Of each journey, whether it has what the certificate asks for, and whether it has what the master's asks for."""


@dataclass
class Universities:
    """What four universities have issued, and what they may do next."""

    workspace: Workspace

    def pathway(self, issuer: str, code: str) -> str:
        return self.workspace.pathways.find(code, issuer).pathway_id

    def plan(self, issuer: str, code: str) -> AwardPlan:
        return self.workspace.awards.plan(issuer, self.pathway(issuer, code))

    def prospects(self, issuer: str, code: str) -> dict[str, Prospect]:
        return {one.learner.learner_id: one for one in self.plan(issuer, code).prospects}

    def entitled(self, issuer: str, code: str) -> set[str]:
        return {one.learner.learner_id for one in self.plan(issuer, code).of(Standing.ENTITLED)}

    def completed(self, issuer: str, code: str) -> set[str]:
        """Those whom the pathway entitles, and those whom another test has given its award already."""
        plan = self.plan(issuer, code)
        return {one.learner.learner_id for one in (*plan.of(Standing.ENTITLED), *plan.of(Standing.AWARDED))}

    def issue(self, issuer: str, rows: Sequence[Sequence[str]], *, label: str) -> None:
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        batch = self.workspace.imports.import_rows(issuer, ISSUERS[issuer][2], text.getvalue().encode(), label=label)
        issue_all(self.workspace, [batch.id])

    def award(self, issuer: str, code: str, learner_id: str, *, on: date | None = None) -> StoredCredential:
        """The award of one learner, issued and final."""
        pathway = self.pathway(issuer, code)
        drafted = self.workspace.awards.draft(issuer, pathway, learner_ids=[learner_id], awarded_on=on)
        assert drafted is not None
        issue_all(self.workspace, [drafted.id])
        (award,) = self.workspace.catalog.credentials(batch=drafted.id)
        return award

    def held(self, issuer: str, learner_id: str, *codes: str) -> list[StoredCredential]:
        held = self.workspace.catalog.credentials(issuer=issuer, learner_id=learner_id)
        assert all(one.status is CredentialStatus.ACTIVE for one in held)
        return [one for one in held if not codes or one.achievement in codes]

    def document(self, credential: StoredCredential) -> bytes:
        return self.workspace.catalog.document(credential.credential_id)

    def verify(self, document: bytes) -> VerificationReport:
        return self.workspace.verifier().verify(document)


@pytest.fixture(scope="module")
def universities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Universities]:
    with Workspace.init(tmp_path_factory.mktemp("cases") / "data", demo=True) as workspace:
        workspace.accreditors.register("agency", name="An Agency", country="MY")
        made = Universities(workspace)
        for slug, (name, country, programme, pathways) in ISSUERS.items():
            workspace.issuers.register(slug, name=name, country=country)
            workspace.accreditors.accredit("agency", slug)
            workspace.programmes.add(slug, (SAMPLES / slug / "programme.json").read_bytes())
            for file in pathways:
                workspace.pathways.publish(slug, (SAMPLES / slug / f"{file}.json").read_bytes())
            made.issue(slug, sample_rows(slug), label=programme)
        yield made


def sample_rows(slug: str) -> list[list[str]]:
    """The rows of a sample. Of the eighty of one cohort three are enough, and the second of them skipped a module."""
    with (SAMPLES / slug / "learners.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    if slug == "usm":
        learners = sorted({row[1] for row in rows})[:3]
        rows = [row for row in rows if row[1] in learners and (row[1], row[0]) != (learners[1], SKIPPED)]
    return [head, *rows]


def check(report: VerificationReport, name: str) -> Any:
    return next(one for one in report.checks if one.id == name)


def test_nine_modules_in_order_and_one_learner_who_skipped_one(universities: Universities) -> None:
    prospects = universities.prospects("usm", "instructional-design")
    (skipper,) = [one for one in prospects.values() if one.standing is Standing.INCOMPLETE]

    assert len(prospects) == 3
    assert len(universities.completed("usm", "instructional-design")) == 2
    assert [one.name for one in skipper.evaluation.missing] == [SKIPPED]
    assert any("Needs Assessment" in need or SKIPPED in need for need in skipper.evaluation.needs)


def test_an_award_is_proved_alone_and_evaluated_with_what_it_rests_on(universities: Universities) -> None:
    learner = min(universities.entitled("usm", "instructional-design"))
    award = universities.award("usm", "instructional-design", learner)
    report = universities.verify(universities.document(award))

    assert award.kind is CredentialKind.AWARD
    assert report
    assert check(report, "stack").code == "components_proved"
    assert learner not in universities.entitled("usm", "instructional-design")


def test_four_courses_of_malay_make_a_mastery_award(universities: Universities) -> None:
    took_all = {"S0007", "S0011", "S0014", "S0015", "S0017", "S0018"}

    assert universities.completed("um", "mastery") == took_all
    assert universities.verify(universities.document(universities.award("um", "mastery", "S0011")))


def test_four_of_six_courses_are_no_credit_and_six_with_the_assessment_are(universities: Universities) -> None:
    took_four, took_six = universities.prospects("purdue", "academic-credit"), ("FL-1040", "FL-1041", "FL-1047")
    missing = {one.name for one in took_four["FL-1045"].evaluation.missing}
    assert universities.entitled("purdue", "academic-credit") == set()
    assert len(missing) == 3
    assert "credit-assessment" in missing

    head = ["achievement", "learner_id", "name", "email", "result", "awarded_on"]
    known = universities.held("purdue", took_six[0])[0]
    row = ["credit-assessment", took_six[0], known.learner_name, known.email, "Completed", "2026-10-30"]
    universities.issue("purdue", [head, row], label="assessment")

    assert universities.entitled("purdue", "academic-credit") == {took_six[0]}
    document = universities.document(universities.award("purdue", "academic-credit", took_six[0]))
    report = universities.verify(document)
    assert report
    achievement: Any = parse(document)["credentialSubject"]
    assert achievement["achievement"]["creditsAvailable"] == 3


def test_the_ten_journeys_reach_what_they_reached(universities: Universities) -> None:
    reached = {
        learner: (
            learner in universities.completed("academyex", "postgraduate-certificate"),
            learner in universities.completed("academyex", "masters"),
        )
        for learner in JOURNEYS
    }

    assert reached == JOURNEYS


def test_a_certificate_counts_towards_the_masters_and_what_it_rests_on_does_not_count_again(
    universities: Universities,
) -> None:
    certificate = universities.award("academyex", "postgraduate-certificate", "AX-10", on=date(2024, 7, 5))
    prospect = universities.prospects("academyex", "masters")["AX-10"]
    counted = [one.credential_id for one in prospect.evaluation.chosen]
    assert prospect.standing is Standing.ENTITLED
    assert certificate.credential_id in counted

    masters = universities.award("academyex", "masters", "AX-10")

    rested = {entry["id"] for entry in related(universities.document(certificate))}
    assert rested & {one.credential_id for one in universities.held("academyex", "AX-10")}
    assert not rested & {entry["id"] for entry in related(universities.document(masters))}
    assert universities.verify(universities.document(masters))


def test_one_micro_credential_does_not_count_towards_two_awards(universities: Universities) -> None:
    universities.award("academyex", "postgraduate-certificate", "AX-08")
    refused = universities.prospects("academyex", "masters")["AX-08"].refused

    assert "counted_elsewhere" in {one.code for one in refused}


def test_a_module_that_is_revoked_takes_the_award_down_with_it_and_its_issuer_is_told(
    universities: Universities,
) -> None:
    award = universities.award("um", "mastery", "S0014")
    (module,) = universities.held("um", "S0014", "advanced")
    assert universities.verify(universities.document(award))

    change_status(universities.workspace, StatusAction.REVOKE, [module.credential_id], Reason.ASSESSMENT_INVALID)

    report = universities.verify(universities.document(award))
    assert report.verdict == "invalid"
    assert check(report, "stack").code == "component_revoked"
    universities.workspace.affected_awards.look()
    assert [one.award for one in universities.workspace.affected_awards.findings("um")] == [award.credential_id]


def test_a_migrants_credential_outlives_its_issuer(
    universities: Universities, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nobody answers at the issuer's address, and nothing of its ledger is left but the chain."""
    file = tmp_path / "one.json"
    file.write_bytes(universities.document(universities.held("academyex", "AX-06")[0]))
    node, configuration = universities.workspace.serve_chain(), universities.workspace.configuration
    assert configuration.registry is not None
    words = ["--rpc", node, "--registry", caip10(configuration.chain_id, configuration.registry)]
    words += ["--accreditor", checksum_address(configuration.accreditors[0]), "--finality", configuration.finality]

    with pytest.raises(SystemExit) as ended:
        run([str(word) for word in ("verify", file, *words, "--json")])

    assert (ended.value.code, json.loads(capfd.readouterr().out)["verdict"]) == (0, "valid")


def related(document: bytes) -> list[dict[str, Any]]:
    entries: Any = parse(document)["relatedResource"]
    return list(entries)
