"""Everything is the learner's: a wallet is taken along whole, and erased without a trace."""

from __future__ import annotations

import io
import re
import shutil
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from api.presentations.tables import PresentationRequestRow  # noqa: F401 - so that its table is looked through too
from ledger.documents.strict_json import parse
from ledger.errors import NotFound
from ledger.verifying.report import Outcome
from ledger.wrapping.unwrapping import Wrapped, unwrap
from tests.mailbox import letters_sent, mails_to
from tests.site import Campus, Owner, apart

LEARNER = "learner1@students.example"


def exported(owner: Owner, part: int = 1) -> Any:
    return owner.campus.client.get(f"{owner.path}/export", params={"part": part}, headers=owner.headers)


def files(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def erase(owner: Owner, **changes: object) -> Any:
    body = {"erase": owner.wallet_id, **changes}
    return owner.campus.client.request("DELETE", owner.path, json=body, headers=owner.headers)


# --- taking along ---


def test_an_export_holds_everything_and_reads_back(campus: Campus) -> None:
    owner = campus.a_full_wallet()
    record = owner.a_record()
    link = owner.a_link(record_id=record["id"], label="Shown to an employer")
    campus.client.get(link["url"].removeprefix(campus.site.base), headers={"Accept": "application/json"})
    answer = exported(owner)
    assert answer.status_code == 200
    assert answer.headers["cairn-export-parts"] == "1"
    found = files(answer.content)
    manifest = orjson.loads(found["cairn-wallet.json"])

    held = {owner.campus.site.wallets.credential(owner.wallet_id, name).document for name in owner.held()}
    assert {found[entry["file"]] for entry in manifest["credentials"]} == held
    [told] = manifest["records"]
    assert parse(found[told["file"]])["id"] == record["credential_id"]
    assert [entry["label"] for entry in manifest["links"]] == ["Shown to an employer"]
    assert manifest["links"][0]["views"]
    assert manifest["dids"]
    assert manifest["check"]["registry"] in found["README.txt"].decode()
    told = found["README.txt"].decode()
    accreditors = "".join(f" --accreditor {one}" for one in manifest["check"]["accreditors"])
    assert (
        f"cairn verify FILE.zip --rpc https://YOUR-NODE --registry {manifest['check']['registry']}{accreditors}" in told
    )
    assert "can be checked no more" in told, "an embedded chain ends with its site"
    assert "<script" not in found["index.html"].decode()
    assert {"check/did/usm.json", "check/status/usm-0.json"} <= found.keys()
    assert any(name.startswith("check/statements/0x") for name in found)
    everything = b"".join(found.values())
    assert link["url"].rpartition("/")[2].encode() not in everything
    assert owner.token.encode() not in everything


def test_an_export_imports_into_another_wallet_and_is_checked_whole(campus: Campus) -> None:
    owner, other = campus.a_full_wallet(), campus.a_wallet()
    owner.a_record()
    content = exported(owner).content
    answer = campus.client.post(
        f"{other.path}/credentials", content=content, headers=other.headers | {"Content-Type": "application/zip"}
    )
    assert answer.status_code == 200, answer.text
    assert [entry.get("kept") for entry in answer.json()["imported"]][:2] == ["added", "added"]
    documents = {campus.site.wallets.credential(other.wallet_id, name).document for name in other.held()}
    assert len(documents) == 2

    inside = [item.content for item in unwrap(content) if isinstance(item, Wrapped)]
    reports = campus.site.verify_many(inside)
    assert len(reports) == 3
    assert all(report.verdict is Outcome.VALID for report in reports)  # type: ignore[union-attr]


def test_a_large_wallet_comes_in_parts_that_are_read_again(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.wallets.exporting.PART_DOCUMENTS", 1)
    owner = campus.a_full_wallet()
    first = exported(owner)
    assert first.headers["cairn-export-parts"] == "2"
    parts = [files(exported(owner, part).content) for part in (1, 2)]
    assert "README.txt" in parts[0]
    assert "README.txt" not in parts[1]
    for part in (1, 2):
        assert len(unwrap(exported(owner, part).content)) == 1
    assert exported(owner, 3).status_code == 404
    assert exported(owner, 0).status_code == 422


def test_an_empty_wallet_can_be_exported_too(campus: Campus) -> None:
    assert orjson.loads(files(exported(campus.a_wallet()).content)["cairn-wallet.json"])["credentials"] == []


# --- erasing ---


def places(campus: Campus, needles: list[bytes]) -> dict[str, list[bytes]]:
    """Every file of the data folder, and every table, in which one of these byte strings stands."""
    found: dict[str, list[bytes]] = {}
    for path in sorted(campus.workspace.path.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            if hits := [needle for needle in needles if needle in content]:
                found[str(path.relative_to(campus.workspace.path))] = hits
    with campus.workspace.database.reading() as session:
        connection = session.connection()
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        for name in names:
            for row in connection.execute(text(f'SELECT * FROM "{name}"')):  # noqa: S608 - names from the schema
                content = b"\n".join(bytes(v) if isinstance(v, bytes) else str(v).encode() for v in row)
                if hits := [needle for needle in needles if needle in content]:
                    found.setdefault(f"table {name}", []).extend(hits)
    return found


def cleared_later(campus: Campus) -> bool:
    """Has the database's files be cleared by a later run, as where the site itself read or wrote at that moment."""
    deadline = time.monotonic() + 60
    while not campus.workspace.database.clear_traces():
        assert time.monotonic() < deadline, "the database was busy all the time"
        time.sleep(0.1)
    return True


@pytest.fixture
def own_campus(tmp_path: Path) -> Iterator[Campus]:
    with apart(tmp_path) as campus:
        yield campus


def test_erasing_leaves_nothing_of_a_learner_in_any_file_or_table(own_campus: Campus) -> None:
    campus = own_campus
    site, folder = campus.site, campus.workspace.path
    owner, bystander = campus.a_full_wallet(), campus.a_wallet()
    for credential in campus.credentials("learner2@students.example"):
        bystander.take_in(campus.workspace.catalog.document(credential.credential_id))
    kept = campus.credentials("learner2@students.example")[0]

    # Canaries in every place that a learner's data comes to.
    with campus.workspace.database.writing() as session:
        session.connection().execute(
            text("INSERT INTO wallet_addresses (wallet, email, added_at) VALUES (:wallet, :email, 1)"),
            {"wallet": owner.wallet_id, "email": LEARNER},
        )
    made = campus.client.post(
        f"{owner.path}/records",
        json={"credential_ids": owner.held(), "name": "Canary-Record-Title"},
        headers=owner.headers,
    )
    assert made.status_code == 201, made.text
    campus.settled()
    owner.a_link(record_id=made.json()["id"], label="Canary-Label", purpose="Canary-Purpose")
    campus.client.get(f"{owner.path}/dids", headers=owner.headers)
    campus.client.post(f"{owner.path}/dids/challenges", headers=owner.headers)
    campus.client.post("/v1/sign-in/links", json={"email": LEARNER})
    asked_for = "canary-asked-for@students.example"
    added = campus.client.post(f"{owner.path}/addresses", json={"email": asked_for}, headers=owner.headers)
    assert added.status_code == 202
    mails = campus.workspace.mail_folder
    mails.mkdir(exist_ok=True)
    letters_sent(campus)
    assert mails_to(campus, asked_for)
    (mails / "canary.eml").write_bytes(f"To: {LEARNER}\r\nSubject: Canary\r\n\r\nCanary-Mail\r\n".encode())
    learner = campus.credentials(LEARNER)[0]
    documents = [campus.workspace.catalog.document(one.credential_id) for one in campus.credentials(LEARNER)]
    salts = [match.encode() for document in documents for match in re.findall(r'"salt":"([^"]+)"', document.decode())]
    assert salts
    seed = site.wallet_keys.seed(owner.wallet_id).did.encode()
    wallet = [
        owner.wallet_id.encode(),
        seed,
        b"Canary-Label",
        b"Canary-Purpose",
        b"Canary-Mail",
        b"Canary-Record-Title",
        asked_for.encode(),
    ]
    person = [learner.learner_name.encode(), LEARNER.encode(), *salts]
    campus.settled()
    assert places(campus, [*wallet, *person])

    answer = erase(owner)
    assert answer.status_code == 200, answer.text
    assert answer.json()["clean"] or cleared_later(campus)
    left = places(campus, wallet)
    assert left == {}
    assert set(places(campus, person)) <= {"ledger.db", "ledger.db-wal", "table credentials", "table documents"}

    # The institution's side is the institution's: it forgets the learner too, if asked.
    forgotten = campus.client.post("/v1/issuers/usm/forgotten-learners", json={"email": LEARNER}, headers=campus.key())
    assert forgotten.status_code == 200, forgotten.text
    assert forgotten.json()["clean"] or cleared_later(campus)
    assert places(campus, [*wallet, *person]) == {}

    # What others rely on goes on.
    assert campus.client.get(owner.path, headers=owner.headers).status_code == 401
    with pytest.raises(NotFound):
        campus.workspace.catalog.document(learner.credential_id)
    assert campus.site.verify(campus.workspace.catalog.document(kept.credential_id))
    assert len(bystander.held()) == 2
    assert campus.site.verify(documents[0]), "what the learner took along still verifies"
    revoked = campus.client.post(
        "/v1/issuers/usm/revocations",
        json={"credential_ids": [learner.credential_id], "reason": "issued_in_error"},
        headers=campus.key(),
    )
    assert revoked.status_code in (200, 201, 202), revoked.text
    campus.settled()
    assert campus.site.verify(documents[0]).code == "revoked"
    from ledger.keeping.integrity import problems_of

    configuration = campus.workspace.configuration
    assert configuration.registry is not None
    found = problems_of(campus.workspace.database, chain_id=configuration.chain_id, registry=configuration.registry)
    assert found == ()
    assert shutil.disk_usage(folder).free > 0


def test_what_stays_on_the_chain_leads_to_nobody(own_campus: Campus) -> None:
    campus = own_campus
    owner = campus.a_full_wallet()
    owner.a_record()
    did = campus.site.wallet_keys.did(owner.wallet_id)
    credentials = campus.credentials()
    needles = [did.encode(), owner.wallet_id.encode()]
    for credential in credentials:
        document = campus.workspace.catalog.document(credential.credential_id)
        needles += [
            credential.email.encode(),
            credential.learner_name.encode(),
            credential.credential_id.encode(),
            bytes.fromhex(credential.credential_id.removeprefix("urn:uuid:").replace("-", "")),
            credential.digest,
            document[:64],
        ]
    for path in (campus.workspace.path / "chain").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for needle in needles:
                assert needle not in content, path
                assert needle.hex().encode() not in content, path


def test_erasing_has_to_be_confirmed_and_is_the_owners(campus: Campus) -> None:
    owner, other = campus.a_full_wallet(), campus.a_wallet()
    assert erase(owner, erase=other.wallet_id).json()["code"] == "not_confirmed"
    assert campus.client.request("DELETE", owner.path, headers=owner.headers).status_code == 422
    foreign = campus.client.request("DELETE", owner.path, json={"erase": owner.wallet_id}, headers=other.headers)
    assert foreign.status_code == 404
    assert len(owner.held()) == 2


def test_forgetting_names_one_learner_in_one_way(campus: Campus) -> None:
    path = "/v1/issuers/usm/forgotten-learners"
    for body in ({}, {"email": LEARNER, "learner_id": "1"}):
        assert campus.client.post(path, json=body, headers=campus.key()).status_code == 422
    nobody = campus.client.post(path, json={"email": "nobody@students.example"}, headers=campus.key())
    assert nobody.json()["credentials"] == 0
