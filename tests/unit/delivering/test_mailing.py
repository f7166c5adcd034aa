"""What a learner reads, and what a mail server may do to us. The messages come from a real server that keeps them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.registry import IssuerId, Reason
from ledger.delivering.mail_settings import mail_settings
from ledger.delivering.mailing import compose
from ledger.delivering.values import DeliveryState, Notification
from ledger.documents.endorsement import Endorsed
from ledger.errors import WorkspaceError
from ledger.issuing.recognitions import Recognitions, Wanted
from ledger.issuing.values import BatchState, CredentialKind, CredentialStatus, Issuer, IssuerKind, StoredCredential
from tests.office import JCS_ONLY, Office
from tests.sinks import MailSink, free_port, mail_sink
from tests.unit.delivering.conftest import SENDER, START, Post, an_event

LEARNER = StoredCredential(
    credential_id="urn:uuid:00000000-0000-4000-8000-000000000001",
    kind=CredentialKind.ACHIEVEMENT,
    issuer="usm",
    batch_id=1,
    batch_state=BatchState.FINAL,
    leaf_index=0,
    status_index=0,
    achievement="needs",
    name="Needs assessment",
    email="olof@students.example",
    learner_name="Ólöf Björnsdóttir",
    learner_id="0012",
    digest=b"",
    status=CredentialStatus.ACTIVE,
    is_attached=True,
)
NOTE = Notification(
    f"evt_1:{LEARNER.credential_id}:mail",
    "batch.final",
    "usm",
    b"{}",
    START,
    "mail",
    LEARNER.credential_id,
    DeliveryState.WAITING,
    0,
    START,
    START,
    None,
    None,
)
USM = Issuer(
    slug="usm",
    kind=IssuerKind.ISSUER,
    name="Universiti Sains Malaysia",
    did="did:web:usm.example",
    base_url="https://usm.example",
    url=None,
    country="MY",
    issuer_id=IssuerId(bytes(32)),
    admin=bytes(20),  # type: ignore[arg-type]
    anchoring_operator=bytes(20),  # type: ignore[arg-type]
    revoking_operator=bytes(20),  # type: ignore[arg-type]
    registered_at=None,
    keys=(),
)
LINK = "https://cairn.example/claim/cairn_mail_A"
ENVIRONMENT = {"CAIRN_SMTP_URL": "smtp://127.0.0.1:2525", "CAIRN_MAIL_FROM": SENDER}


def test_each_learner_hears_who_issued_what_and_how_to_get_it(mailing_post: Post, mail: MailSink) -> None:
    batch = mailing_post.office.an_open_batch(3)
    event = mailing_post.announce(batch)
    mailing_post.worker.work()

    credentials = mailing_post.office.credentials(batch)
    assert mail.recipients == [[credential.email] for credential in credentials]
    for message, credential in zip(mail.messages, credentials, strict=True):
        text = message.get_content().replace("\r\n", "\n")
        assert message["Message-ID"] == f"<{event}.{credential.credential_id.replace(':', '.')}.mail@cairn.example>"
        assert message["From"] == SENDER
        assert message["To"] == credential.email
        assert message["Auto-Submitted"] == "auto-generated"
        assert message.get_content_type() == "text/plain"
        for words in ("Universiti Sains Malaysia", credential.name, credential.learner_name):
            assert words in text
        assert re.search(r"https://cairn.example/claim/cairn_mail_[A-Za-z0-9_-]{71}\n", text)
        assert credential.credential_id in text
        assert "$" not in text
        assert "Universiti Sains Malaysia" in message["Subject"]


def test_a_message_that_goes_out_again_is_the_same_bytes(mailing_post: Post, mail: MailSink) -> None:
    post = mailing_post
    post.announce(post.office.an_open_batch(1))
    spread = post.parts.delivery()
    spread._spreading.spread(float("inf"))
    (claimed,) = spread._claim()
    spread._send(claimed)  # and dies before it notes that
    post.later(3_600)

    assert len(mail.raw) == 2
    assert mail.raw[0] == mail.raw[1]
    assert set(post.states().values()) == {DeliveryState.DELIVERED}


def test_without_a_mail_server_nobody_is_written_to_nor_waits(post: Post) -> None:
    post.announce(post.office.an_open_batch(2))

    assert post.worker.work() is None
    assert post.states() == {}


def test_who_asked_for_a_record_is_not_written_to_about_it(mailing_post: Post, mail: MailSink) -> None:
    office = mailing_post.office
    batch = office.an_open_batch(1)
    with office.database.writing() as session:
        from sqlalchemy import text

        session.connection().execute(text("UPDATE credentials SET kind = 'record'"))
    mailing_post.announce(batch)

    assert mailing_post.worker.work() is None
    assert mail.raw == []


def test_a_decision_for_a_learner_reaches_them_though_their_name_is_not_known(
    mailing_post: Post, mail: MailSink
) -> None:
    decisions = Recognitions(mailing_post.office.database)
    of = Endorsed("urn:uuid:00000000-0000-4000-8000-000000000007", "Elsewhere", bytes(range(32)))
    theirs = Wanted(credits=15, framework="NZQCF", email="maryam@students.example")
    nobodys = Wanted(credits=5, framework="NZQCF")
    for wanted in (theirs, nobodys):
        mailing_post.announce(decisions.draft("usm", of, wanted)[0])
    mailing_post.worker.work()

    assert mail.recipients == [["maryam@students.example"]]
    (message,) = mail.messages
    text = message.get_content().replace("\r\n", "\n")
    assert text.startswith("Dear learner,\n")
    assert "Recognition of Elsewhere" in text
    assert re.search(r"https://cairn.example/claim/cairn_mail_[A-Za-z0-9_-]{71}\n", text)


def test_what_was_revoked_before_its_learner_heard_of_it_is_not_announced(mailing_post: Post, mail: MailSink) -> None:
    office: Office = mailing_post.office
    batch = office.pipeline.advance(office.an_open_batch(2).id, suites=JCS_ONLY)
    revoked, kept = office.credentials(batch)
    office.revocation.revoke([revoked.credential_id], Reason.ISSUED_IN_ERROR)
    mailing_post.announce(batch)
    mailing_post.worker.work()

    assert mail.recipients == [[kept.email]]
    assert sorted(mailing_post.states().values()) == [DeliveryState.DELIVERED, DeliveryState.DROPPED]


# --- a mail server that will not ------------------------------------------------------------------------------------


def test_a_mail_server_that_is_down_for_a_day_is_waited_for(office: Office) -> None:
    port = free_port()
    post = Post(office, {"CAIRN_SMTP_URL": f"smtp://127.0.0.1:{port}", "CAIRN_MAIL_FROM": SENDER})
    post.announce(office.an_open_batch(30))
    post.run_out(days=1)
    waiting = post.parts.notifications.all(DeliveryState.WAITING)
    assert len(waiting) == 30
    with mail_sink(port) as mail:
        post.run_out()

    assert sorted(mail.recipients) == sorted([credential.email] for credential in post.office.catalog.credentials())
    assert set(post.states().values()) == {DeliveryState.DELIVERED}


@pytest.mark.parametrize(("answer", "tries", "state"), [("550 unknown", 3, "dead"), ("450 greylisted", 9, "dead")])
def test_one_address_that_is_refused_holds_up_no_other(
    mailing_post: Post, mail: MailSink, answer: str, tries: int, state: str
) -> None:
    post = mailing_post
    batch = post.office.an_open_batch(3)
    refused, *others = post.office.credentials(batch)
    mail.refuses[refused.email] = answer
    post.announce(batch)
    post.run_out()

    assert sorted(mail.recipients) == sorted([other.email] for other in others)
    (dead,) = post.parts.notifications.all(DeliveryState.DEAD)
    assert (dead.tries, str(dead.state)) == (tries, state)
    assert dead.problem == f"the address was refused (SMTP {answer[:3]})"


@pytest.mark.parametrize(("answer", "tries"), [("554 spam", 3), ("451 later", 9), ("421 closing", 9)])
def test_a_message_that_is_not_taken_is_tried_again_and_given_up(
    mailing_post: Post, mail: MailSink, answer: str, tries: int
) -> None:
    mail.answer = answer
    mailing_post.announce(mailing_post.office.an_open_batch(1))
    mailing_post.run_out()

    (dead,) = mailing_post.parts.notifications.all(DeliveryState.DEAD)
    assert dead.tries == tries
    assert "@" not in (dead.problem or "")


def test_mail_that_waits_for_a_server_that_is_no_longer_named_goes_on_waiting(office: Office) -> None:
    named = {"CAIRN_SMTP_URL": f"smtp://127.0.0.1:{free_port()}", "CAIRN_MAIL_FROM": SENDER}
    post = Post(office, named)
    post.announce(office.an_open_batch(1))
    post.worker.work()
    without = Post(office, {}, post.clock)

    assert without.later(86_400) is None
    assert set(without.states().values()) == {DeliveryState.WAITING}


# --- what a message can hold ----------------------------------------------------------------------------------------


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=60))
def test_no_name_can_add_a_header_or_a_receiver(name: str, learner: str, institution: str) -> None:
    settings = mail_settings(None, ENVIRONMENT)
    assert settings is not None
    credential = replace(LEARNER, name=name, learner_name=learner)
    message = compose(settings, NOTE, credential, replace(USM, name=institution), "https://cairn.example", LINK)
    head = message.as_bytes().partition(b"\r\n\r\n")[0]

    names = re.findall(rb"^([^\s:]+):", head, flags=re.MULTILINE)
    assert sorted(name.lower() for name in names) == sorted(
        [
            b"message-id",
            b"date",
            b"from",
            b"to",
            b"subject",
            b"auto-submitted",
            b"content-type",
            b"content-transfer-encoding",
            b"mime-version",
        ]
    )


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b.example, c@d.example",
        "a@b.example\r\nBcc: c@d.example",
        "a@b.example\nX: y",
        "<a@b.example>",
        "A <a@b.example>",
        "a@b@c.example",
    ],
)
def test_what_is_not_exactly_one_address_is_not_written_to(address: str) -> None:
    settings = mail_settings(None, ENVIRONMENT)
    assert settings is not None
    with pytest.raises(ValueError, match=r"address|addr|domain|local"):
        compose(settings, NOTE, replace(LEARNER, email=address), USM, "https://cairn.example", LINK)


# --- settings -------------------------------------------------------------------------------------------------------


def test_the_password_stays_out_of_sight() -> None:
    settings = mail_settings(None, ENVIRONMENT | {"CAIRN_SMTP_URL": "smtps://cairn:p%40ss@mail.example"})
    assert settings is not None
    assert settings.server is not None
    assert (settings.server.user, settings.server.password, settings.server.port) == ("cairn", "p@ss", 465)
    assert "p@ss" not in repr(settings)


@pytest.mark.parametrize(
    "change",
    [
        {"CAIRN_SMTP_URL": "mail.example:25"},
        {"CAIRN_SMTP_URL": "http://mail.example:25"},
        {"CAIRN_SMTP_URL": "smtp://:secret@"},
        {"CAIRN_SMTP_URL": "smtp://u:secret@mail.example:99999"},
        {"CAIRN_SMTP_URL": "smtp://u:secret@mail.example/x"},
        {"CAIRN_MAIL_FROM": ""},
        {"CAIRN_MAIL_FROM": "Cairn"},
        {"CAIRN_MAIL_FROM": "a@b.example, c@d.example"},
        {"CAIRN_MAIL_FROM": "Cairn <a@b.example>\r\nBcc: c@d.example"},
        {"CAIRN_MAIL_TEMPLATE": "/nowhere/at/all"},
    ],
)
def test_settings_that_make_no_sense_are_refused_at_start(change: dict[str, str]) -> None:
    with pytest.raises(WorkspaceError) as caught:
        mail_settings(None, ENVIRONMENT | change)
    assert caught.value.code == "settings"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "words", ["no subject\n\ntext", "Subject: a\n\n$nothing", "Subject: $\n\nx", "Subject: a\n\n", "Subject: a\nb\n\nc"]
)
def test_words_that_cannot_be_used_are_refused_at_start(words: str, tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text(words, encoding="utf-8")
    with pytest.raises(WorkspaceError) as caught:
        mail_settings(None, ENVIRONMENT | {"CAIRN_MAIL_TEMPLATE": str(file)})
    assert caught.value.code == "settings"


def test_other_words_can_be_given(office: Office, mail: MailSink, tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("Subject: Sijil daripada $institution\n\nSila ambil: $link\n", encoding="utf-8")
    post = Post(office, {"CAIRN_SMTP_URL": mail.url, "CAIRN_MAIL_FROM": SENDER, "CAIRN_MAIL_TEMPLATE": str(file)})
    post.note(an_event())
    post.announce(office.an_open_batch(1))
    post.worker.work()

    (message,) = mail.messages
    assert message["Subject"] == "Sijil daripada Universiti Sains Malaysia"
    assert message.get_content().startswith("Sila ambil: https://cairn.example/claim/cairn_mail_")
