from __future__ import annotations

import stat
import zipfile
from io import BytesIO

import pytest

from ledger.errors import MalformedDocument
from ledger.wrapping.archive import members_of
from ledger.wrapping.content import MAX_CREDENTIALS
from tests.wrappings import a_zip, a_zip_of_one_name_twice, flagged

DOCUMENT = b'{"name":"x"}'


def refused(archive: bytes) -> str:
    with pytest.raises(MalformedDocument) as caught:
        members_of(archive)
    return caught.value.code


def test_the_files_come_in_their_order_without_folders_and_what_systems_leave_behind() -> None:
    archive = a_zip(
        {"b.json": DOCUMENT, "a/": b"", "a/a.json": b"{}", "__MACOSX/a/._a.json": b"x", "a/.DS_Store": b"x"}
    )
    assert [(member.name, member.content) for member in members_of(archive)] == [
        ("b.json", DOCUMENT),
        ("a/a.json", b"{}"),
    ]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_packed_and_unpacked_members_are_read(method: int) -> None:
    (member,) = members_of(a_zip({"a": DOCUMENT}, method))
    assert member.content == DOCUMENT


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("..\\..\\C:\\x.json", "x.json"),
        ("a/./b/..", "a/b"),
        ("..", "member 1"),
        ("a\nb\x1b[31m\u202egnp.exe", "a?b?[31m?gnp.exe"),
        ("学習/成績.json", "学習/成績.json"),
    ],
)
def test_a_name_is_shown_without_a_way_out_and_without_what_cannot_be_seen(name: str, shown: str) -> None:
    (member,) = members_of(a_zip({name: DOCUMENT}))
    assert (member.name, member.content) == (shown, DOCUMENT)


def test_a_long_name_keeps_its_end() -> None:
    (member,) = members_of(a_zip({"x" * 60_000 + ".json": DOCUMENT}))
    assert len(member.name) == 120
    assert member.name.endswith("x.json")


def test_a_link_is_only_the_text_that_it_points_to() -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    sink = BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(info, b"/etc/passwd")
    (member,) = members_of(sink.getvalue())
    assert member.content == b"/etc/passwd"


def test_nothing_is_written_anywhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path_factory.mktemp("deep") / "a" / "b"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    members_of(a_zip({"../slipped.json": DOCUMENT, "here.json": DOCUMENT}))
    assert [path.name for path in folder.parent.parent.rglob("*")] == ["a", "b"]


def test_a_member_that_cannot_be_read_does_not_spoil_the_others() -> None:
    archive = a_zip({"good.json": DOCUMENT, "inner.zip": a_zip({"a": DOCUMENT}), "also.json": DOCUMENT})
    found = {member.name: member.content for member in members_of(archive)}
    assert (found["good.json"], found["also.json"]) == (DOCUMENT, DOCUMENT)
    assert isinstance(found["inner.zip"], MalformedDocument)
    assert found["inner.zip"].code == "archive_unsafe"


@pytest.mark.parametrize(
    ("archive", "code"),
    [
        (flagged(a_zip({"a.json": DOCUMENT})), "archive_unsafe"),
        (a_zip({"a.json": DOCUMENT}, zipfile.ZIP_LZMA), "archive_unsafe"),
        (a_zip({"a.json": DOCUMENT}, zipfile.ZIP_STORED).replace(DOCUMENT, DOCUMENT[::-1]), "archive_invalid"),
    ],
)
def test_a_locked_strangely_packed_or_damaged_member_says_so(archive: bytes, code: str) -> None:
    (member,) = members_of(archive)
    assert isinstance(member.content, MalformedDocument)
    assert member.content.code == code


def overlapping() -> bytes:
    """Members that share one packed body: the central directory names it many times (Fifield, 2019)."""
    archive = a_zip({f"{number:04}": b" " * 4_000_000 if number == 0 else b"" for number in range(20)})
    begin = archive.index(b"PK\x01\x02")
    entry = archive[begin : begin + 50]
    entries = b"".join(entry[:46] + b"%04d" % number for number in range(20))
    directory = archive.rindex(b"PK\x05\x06")
    return archive[:begin] + entries + archive[directory:]


@pytest.mark.parametrize(
    ("archive", "code"),
    [
        (a_zip({}), "archive_without_credential"),
        (a_zip({"a/": b""}), "archive_without_credential"),
        (a_zip_of_one_name_twice("a.json", DOCUMENT), "archive_unsafe"),
        (a_zip({"a.json": DOCUMENT, "../A.json": DOCUMENT}), "archive_unsafe"),
        (a_zip({"bomb": b" " * 100_000_000}), "archive_unsafe"),
        (a_zip({f"{number}": b" " * 4_000_000 for number in range(6)}), "archive_unsafe"),
        (a_zip({"dense": b" " * 3_000_000}), "archive_unsafe"),
        (a_zip({f"{number}": b"{}" for number in range(MAX_CREDENTIALS + 1)}), "archive_unsafe"),
        (a_zip({f"{number}": b"" for number in range(5_000)}), "archive_unsafe"),
        (overlapping(), "archive_unsafe"),
        (a_zip({"a.json": DOCUMENT})[:-5], "archive_invalid"),
        (b"PK\x03\x04", "archive_invalid"),
        (b"PK\x05\x06" + bytes(18), "archive_without_credential"),
    ],
)
def test_a_dangerous_or_broken_archive_is_refused_whole(archive: bytes, code: str) -> None:
    assert refused(archive) == code
