"""What a monitoring system reads: the figures are those of the ledger, and nobody is named."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from api.main import create_app
from api.metrics.means import sending_source, work_source
from api.metrics.measures import Metrics, delivery_source
from api.settings import Settings, load_settings
from ledger.delivering.notifications import Notifications
from ledger.delivering.outbox import Outbox
from ledger.durable.orders import OrderKind, Orders
from ledger.durable.workers import Workers
from ledger.errors import RegistryUnreachable, WorkspaceError
from ledger.issuing.announcing import Event
from ledger.keeping.holds import FINALITY_VIOLATION, Holds
from ledger.storage import Database
from ledger.workspace import Workspace
from tests.site import ORIGIN, Campus

TOKEN = "a-token-for-the-monitoring"
HERE = ("127.0.0.1", 50_000)


def client_of(campus: Campus, address: tuple[str, int] = HERE) -> TestClient:
    return TestClient(campus.app, base_url=ORIGIN, client=address)


def figures(client: TestClient, **headers: str) -> dict[tuple[str, ...], float]:
    """Each sample by its name and the values of its labels."""
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_the_figures_are_those_of_the_ledger(campus: Campus) -> None:
    campus.settled()
    client = client_of(campus)
    before = figures(client)
    client.post("/v1/verify", content=campus.document(), headers={"Content-Type": "application/json"})
    client.get("/s/" + "A" * 43)
    client.get("/nothing/here")
    client.request("BREW", "/")
    after = figures(client)

    def grown(*name: str) -> float:
        return after[name] - before.get(name, 0)

    counts = campus.workspace.catalog.batch_counts()
    assert after["cairn_batches", "attached"] == sum(count.count for count in counts if count.is_finished) >= 1
    assert after["cairn_queue_oldest_seconds", "finality"] == 0
    assert after["cairn_metrics_source_failed", "issuing"] == 0
    assert grown("cairn_verifications_total", "valid") == 1
    assert grown("cairn_http_requests_total", "POST", "/v1/verify", "200") == 1
    assert grown("cairn_http_requests_total", "GET", "/s/{token}", "404") == 1
    assert grown("cairn_http_requests_total", "GET", "(no route)", "404") == 1
    assert any(name[:2] == ("cairn_http_requests_total", "other") for name in after)


def test_what_waits_to_be_delivered_is_counted(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "ledger.db")
    database.migrate()
    with database.writing() as session:
        Outbox(lambda: 1_000).note(session, Event("batch.held", "usm", "subject", {}))
    text = Metrics({"delivering": delivery_source(Notifications(database, lambda: 1_500))}).text().decode()
    database.close()

    assert "cairn_delivery_oldest_seconds 500.0" in text
    assert "cairn_events_to_spread 1.0" in text
    assert 'cairn_deliveries{state="dead"} 0.0' in text


def test_gas_nodes_money_and_work_are_told(campus: Campus) -> None:
    campus.settled()
    found = figures(client_of(campus))
    counts = campus.workspace.catalog.batch_counts()
    anchored = sum(count.count for count in counts if count.is_finished)

    assert found["cairn_transactions_mined_total", "anchor"] >= anchored >= 1
    assert found["cairn_gas_used_total", "anchor"] >= 21_000 * anchored
    assert found["cairn_wei_spent_at_most_total", "anchor"] >= found["cairn_gas_used_total", "anchor"]
    assert found["cairn_anchors_left", "anchoring"] > 20
    assert found["cairn_alarms", "funds_low"] == 0
    assert found["cairn_holds", "drift"] == 0
    assert found["cairn_order_oldest_seconds", "issue"] == 0
    assert ("cairn_workers_alive",) in found
    hosts = {name[1] for name in found if name[0] == "cairn_node_standing"}
    assert hosts == {node.name for node in campus.workspace.reader.health()}
    assert {failed for name, failed in found.items() if name[0] == "cairn_metrics_source_failed"} == {0}


def test_what_stands_still_is_counted(tmp_path: Path) -> None:
    database = Database.at(tmp_path / "ledger.db")
    database.migrate()
    Holds(database).put(FINALITY_VIOLATION, "block 7", "it is gone")
    Orders(database, lambda: time.time() - 90).place(OrderKind.STATUS, 3)
    Workers(database).enter("east-1")
    text = Metrics({"work": work_source(database), "sending": sending_source(database)}).text().decode()
    database.close()

    assert 'cairn_holds{code="finality_violation"} 1.0' in text
    assert re.search(r'cairn_order_oldest_seconds\{kind="status"\} (89|9\d)', text)
    assert "cairn_workers_alive 1.0" in text
    assert "east-1" not in text
    assert 'cairn_metrics_source_failed{source="sending"} 0.0' in text


def test_nobody_is_named(campus: Campus) -> None:
    text = client_of(campus).get("/metrics").text

    assert "@" not in text
    assert "Learner" not in text
    assert "usm" not in text
    assert re.search(r"[0-9a-f]{32}", text) is None


def test_a_source_that_fails_is_named_and_the_others_are_told() -> None:
    def failing() -> Iterator[Metric]:
        raise RegistryUnreachable("no node answers")

    text = Metrics({"chain": failing, "nothing": list}).text().decode()

    assert 'cairn_metrics_source_failed{source="chain"} 1.0' in text
    assert 'cairn_metrics_source_failed{source="nothing"} 0.0' in text
    assert 'cairn_verifications_total{verdict="valid"} 0.0' in text


# --- who may read them ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.7"},
        {"Forwarded": "for=203.0.113.7"},
        {"X-Real-IP": "203.0.113.7"},
        {"Via": "1.1 proxy"},
        {"Host": "cairn.example"},
    ],
)
def test_a_proxy_on_this_machine_is_not_this_machine(campus: Campus, headers: dict[str, str]) -> None:
    assert client_of(campus).get("/metrics", headers=headers).status_code == 404


def test_another_machine_sees_nothing(campus: Campus) -> None:
    assert client_of(campus, ("203.0.113.7", 50_000)).get("/metrics").status_code == 404


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("guarded") / "data"
    with Workspace.init(folder, demo=True) as workspace:
        app = create_app(workspace, Settings(metrics_token=TOKEN, misses_per_minute=30))  # type: ignore[arg-type]
        yield TestClient(app, base_url=ORIGIN, client=("203.0.113.7", 50_000))


def test_whoever_has_the_token_reads_from_anywhere(guarded: TestClient) -> None:
    assert ("cairn_batches", "open") in figures(guarded, Authorization=f"Bearer {TOKEN}")


@pytest.mark.parametrize("given", ["", "Bearer", f"Bearer {TOKEN}x", TOKEN, "Bearer \xff", f"bearer {TOKEN[:-1]}"])
def test_another_token_opens_nothing(guarded: TestClient, given: str) -> None:
    answer = guarded.get("/metrics", headers=[(b"authorization", given.encode("latin-1"))])
    assert answer.status_code == 401
    assert TOKEN not in answer.text


def test_a_short_token_is_refused_and_none_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert TOKEN not in repr(Settings(metrics_token=TOKEN))  # type: ignore[arg-type]
    monkeypatch.setenv("CAIRN_METRICS_TOKEN", TOKEN)
    loaded = load_settings().metrics_token
    assert loaded is not None
    assert loaded.get_secret_value() == TOKEN
    monkeypatch.setenv("CAIRN_METRICS_TOKEN", "short-secret")
    with pytest.raises(WorkspaceError) as caught:
        load_settings()
    assert "short-secret" not in str(caught.value)
