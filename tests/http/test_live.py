"""Where a batch stands, live: one event for each change until it is finished, over a real connection."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest

from tests.http.test_commands import serving
from tests.http.test_issuers import BATCHES, CSV, a_row, csv_file, draft
from tests.site import Campus

ORDER = ["open", "sealed", "planned", "sent", "mined", "safe", "final"]


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    """What a stream tells until it ends."""
    lines = list(answer.iter_lines())
    assert {line for line in lines if line.startswith("event:")} <= {"event: progress"}
    return [json.loads(line.removeprefix("data:")) for line in lines if line.startswith("data:")]


def test_a_batch_is_followed_from_its_approval_to_its_end_and_a_site_that_ends_ends_its_streams(
    campus: Campus, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(campus.pristine, tmp_path / "data"))
    told: list[dict[str, Any]] = []
    with serving(folder) as (base, _), httpx.Client(base_url=base, headers=campus.key(), timeout=120) as client:
        rows = [csv_file(a_row(), a_row()), csv_file(a_row())]
        batch, waiting = (
            client.post(BATCHES, params={"programme": "design"}, content=row, headers=CSV).json()["id"] for row in rows
        )
        with client.stream("GET", f"{BATCHES}/{batch}/events") as stream:
            assert (stream.status_code, stream.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
            assert client.post(f"{BATCHES}/{batch}/approve").status_code == 202
            told = events(stream)

        # A stream of what nobody approved goes on until the site ends; `serving` asserts that it ends with 0.
        begun, left = Event(), list[dict[str, Any]]()

        def follow() -> None:
            url = f"{base}{BATCHES}/{waiting}/events"
            with httpx.stream("GET", url, headers=campus.key(), timeout=120) as stream:
                begun.set()
                left.extend(events(stream))

        follower = Thread(target=follow)
        follower.start()
        assert begun.wait(60)
    follower.join(60)
    assert not follower.is_alive()
    assert [event["state"] for event in left] in ([], ["open"])

    assert told[0]["state"] == "open"
    assert [ORDER.index(event["state"]) for event in told] == sorted(ORDER.index(event["state"]) for event in told)
    assert all(one != other for one, other in pairwise(told))
    assert told[-1] == {
        "state": "final",
        "step": "finished",
        "done": 2,
        "total": 2,
        "finished": True,
        "problem": None,
    }


@pytest.mark.parametrize(("batch", "key", "status"), [("1", None, 401), ("1", "um", 404), ("99999", "usm", 404)])
def test_what_is_wrong_with_the_request_is_a_problem_and_no_stream(
    campus: Campus, batch: str, key: str | None, status: int
) -> None:
    headers = campus.key(key) if key else {}
    answer = campus.client.get(f"{BATCHES}/{batch}/events", headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_batch_that_is_finished_is_told_of_once(campus: Campus) -> None:
    answer = campus.client.get(f"{BATCHES}/{campus.batch.id}/events", headers=campus.key())
    (told,) = events(answer)
    assert (told["finished"], told["done"]) == (True, campus.batch.size)


def test_a_stream_ends_in_time(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.issuers.live.LONGEST_SECONDS", 0.01)
    batch = draft(campus, a_row()).json()["id"]
    assert [told["state"] for told in events(campus.client.get(f"{BATCHES}/{batch}/events", headers=campus.key()))] == [
        "open"
    ]
