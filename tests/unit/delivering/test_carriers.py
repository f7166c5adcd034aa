"""Mail into a folder: found by a person, read by nobody else, and gone when its learner is to be forgotten."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from ledger.delivering.carriers import FolderCarrier
from ledger.delivering.mail_settings import mail_settings
from ledger.delivering.values import DeliveryState
from tests.office import Office
from tests.unit.delivering.conftest import Post


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "mail"


@pytest.fixture
def filing_post(office: Office, folder: Path) -> Post:
    return Post(office, {"CAIRN_MAIL_FOLDER": str(folder)})


def test_without_a_server_each_learner_has_a_file(filing_post: Post, folder: Path) -> None:
    batch = filing_post.office.an_open_batch(3)
    filing_post.announce(batch)
    filing_post.worker.work()

    assert set(filing_post.states().values()) == {DeliveryState.DELIVERED}
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in folder.iterdir()]
    assert sorted(str(mail["To"]) for mail in mails) == sorted(
        credential.email for credential in filing_post.office.credentials(batch)
    )
    assert all("https://cairn.example/claim/cairn_mail_" in mail.get_content() for mail in mails)


def test_who_looks_into_a_file_finds_the_link_in_one_piece(filing_post: Post, folder: Path) -> None:
    filing_post.announce(filing_post.office.an_open_batch(1))
    filing_post.worker.work()
    [mail] = folder.iterdir()
    content = mail.read_text(encoding="utf-8")
    assert re.search(r"^    https://cairn.example/claim/cairn_mail_[A-Za-z0-9_-]{71}$", content, flags=re.MULTILINE)
    assert "\r" not in content
    assert "Needs" in content


def test_nobody_else_can_read_them(filing_post: Post, folder: Path) -> None:
    filing_post.announce(filing_post.office.an_open_batch(1))
    filing_post.worker.work()
    [mail] = folder.iterdir()
    assert (folder.stat().st_mode & 0o777, mail.stat().st_mode & 0o777) == (0o700, 0o600)


def test_the_mails_to_one_address_can_be_forgotten(filing_post: Post, folder: Path) -> None:
    filing_post.announce(filing_post.office.an_open_batch(3))
    filing_post.worker.work()
    assert FolderCarrier(folder).forget("Learner2@students.example") == 1
    assert not any(b"learner2@" in path.read_bytes() for path in folder.iterdir())
    assert len(list(folder.iterdir())) == 2


def test_a_folder_that_takes_nothing_is_waited_for(filing_post: Post, folder: Path) -> None:
    folder.write_text("in the way")
    filing_post.announce(filing_post.office.an_open_batch(2))
    filing_post.worker.work()
    assert set(filing_post.states().values()) == {DeliveryState.WAITING}
    folder.unlink()
    filing_post.run_out(days=1)
    assert len(list(folder.iterdir())) == 2


def test_the_environment_says_where_mail_goes(folder: Path) -> None:
    assert mail_settings(None, {}) is None
    assert mail_settings(folder, {"CAIRN_MAIL_FOLDER": "none"}) is None
    for settings in (mail_settings(folder, {}), mail_settings(None, {"CAIRN_MAIL_FOLDER": str(folder)})):
        assert settings is not None
        assert (settings.server, settings.folder) == (None, folder)


def test_into_the_folder_that_nobody_named_no_large_batch_goes(
    office: Office, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.delivering.mail_settings.MOST_UNASKED", 2)
    post = Post(office, {}, mail_folder=folder)
    for size, code in ((3, "intro"), (2, "needs")):
        post.announce(office.an_open_batch(size, code=code))
    post.worker.work()
    assert len(list(folder.iterdir())) == 2
