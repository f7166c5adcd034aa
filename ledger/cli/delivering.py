"""`cairn webhook add | list | remove | test` and `cairn deliveries`: who hears of what happened, and what waits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.app import DEFAULT_DATA, EXIT_REFUSED, EXIT_UNKNOWN, DataOption, JsonOption, app
from ledger.errors import CairnError

if TYPE_CHECKING:
    from ledger.delivering.post_office import PostOffice
    from ledger.delivering.values import Notification, Webhook

SHOWN = 100

webhook_app = typer.Typer(help="Addresses of programs that hear of an issuer's events.", no_args_is_help=True)
app.add_typer(webhook_app, name="webhook")

WebhookArgument = Annotated[str, typer.Argument(help="The webhook's id, as `cairn webhook list` shows it.")]


@webhook_app.command("add")
def add_webhook(
    issuer: Annotated[str, typer.Argument(help="The issuer's short name.")],
    url: Annotated[str, typer.Argument(help="An https address.")],
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Names an address that hears of what happens from now on. Its secret is printed this once."""
    from ledger.cli.output import emit
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        webhook, secret = workspace.post_office.webhooks.add(issuer, url)
    text = f"webhook {webhook.id}\nits secret, shown this once: {secret}\ntry it: cairn webhook test {webhook.id}"
    emit(webhook_dict(webhook) | {"secret": secret}, text, as_json=as_json)


@webhook_app.command("list")
def list_webhooks(
    issuer: Annotated[str | None, typer.Argument(help="The issuer's short name; all issuers if left out.")] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Shows the webhooks, closed ones too."""
    from ledger.cli.output import emit, table, when
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        webhooks = workspace.post_office.webhooks.all(issuer)
    rows = [(w.id, w.issuer, w.url, when(w.created_at), f"closed: {w.said}" if w.closed_at else "") for w in webhooks]
    value = {"webhooks": [webhook_dict(webhook) for webhook in webhooks]}
    emit(value, table(("id", "issuer", "address", "since", ""), rows), as_json=as_json)


@webhook_app.command("remove")
def remove_webhook(webhook_id: WebhookArgument, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    """Tells an address nothing more. What waited for it is dropped."""
    from ledger.cli.output import emit
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        webhook = workspace.post_office.webhooks.close(webhook_id, "the webhook was removed")
    emit(webhook_dict(webhook), f"webhook {webhook.id} hears nothing more", as_json=as_json)


@webhook_app.command("test")
def try_webhook(webhook_id: WebhookArgument, data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> int:
    """Sends a signed message of the type `webhook.test`, and says what came of it."""
    from ledger.cli.output import emit
    from ledger.delivering.values import Answer
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        outcome = workspace.post_office.try_webhook(webhook_id)
    text = "delivered" if outcome.answer is Answer.TAKEN else f"not delivered: {outcome.problem}"
    emit({"webhook": webhook_id, "answer": str(outcome.answer), "problem": outcome.problem}, text, as_json=as_json)
    if outcome.answer is Answer.TAKEN:
        return 0
    return EXIT_UNKNOWN if outcome.answer in (Answer.AWAY, Answer.LATER) else EXIT_REFUSED


@app.command()
def deliveries(
    dead: Annotated[bool, typer.Option("--dead", help="Only what was given up.")] = False,
    retry: Annotated[str | None, typer.Option(metavar="ID", help="Try this one again, which was given up.")] = None,
    retry_dead: Annotated[bool, typer.Option("--retry-dead", help="Try all again that was given up.")] = False,
    send: Annotated[bool, typer.Option("--send", help="First hand over what is due, as `cairn serve` does.")] = False,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    """Shows what waits to be delivered, since when and why, and what was given up."""
    from ledger.cli.output import emit, table, when
    from ledger.delivering.values import DeliveryState
    from ledger.workspace import Workspace

    if retry is not None and retry_dead:
        raise CairnError("usage", "--retry and --retry-dead do not go together")
    states = (DeliveryState.DEAD,) if dead else (DeliveryState.WAITING, DeliveryState.DEAD)
    with Workspace.open(data) as workspace:
        office = workspace.post_office
        notifications = office.notifications
        if retry is not None:
            notifications.retry(retry)
        elif retry_dead:
            notifications.retry_dead()
        if send:
            hand_over(office)
        counts, shown = notifications.counts(), notifications.all(*states, limit=SHOWN)
    value = {
        "counts": {str(state): count for state, count in counts.by_state.items()},
        "events_to_spread": counts.unspread,
        "oldest_seconds": counts.oldest_seconds,
        "deliveries": [notification_dict(notification) for notification in shown],
    }
    lines = [", ".join(f"{count:,} {state}" for state, count in counts.by_state.items())]
    if counts.unspread:
        lines.append(f"{counts.unspread:,} events whose receivers are not listed yet")
    now = int(time.time())
    rows = [(n.id, n.kind, n.state, when(n.noted_at), n.tries, due_text(n, now), n.problem or "–") for n in shown]
    if rows:
        lines += ["", table(("id", "event", "state", "since", "tries", "next", "problem"), rows)]
    hidden = sum(counts.by_state[state] for state in states) - len(shown)
    if hidden > 0:
        lines.append(f"… and {hidden:,} more")
    emit(value, "\n".join(lines), as_json=as_json)


def hand_over(office: PostOffice) -> None:
    """Does all that is due at this moment."""
    delivery = office.delivery()
    while delivery.work() == 0:
        pass


def due_text(notification: Notification, now: int) -> str:
    if notification.ended_at is not None:
        return "–"
    return "now" if notification.due_at <= now else f"in {notification.due_at - now:,} s"


def webhook_dict(webhook: Webhook) -> dict[str, object]:
    from ledger.cli.output import when

    return {
        "id": webhook.id,
        "issuer": webhook.issuer,
        "url": webhook.url,
        "created_at": when(webhook.created_at),
        "closed_at": when(webhook.closed_at),
        "said": webhook.said,
    }


def notification_dict(notification: Notification) -> dict[str, object]:
    from ledger.cli.output import when

    return {
        "id": notification.id,
        "event": notification.kind,
        "issuer": notification.issuer,
        "to": notification.lane,
        "credential": notification.credential,
        "state": str(notification.state),
        "tries": notification.tries,
        "since": when(notification.noted_at),
        "next": when(notification.due_at) if notification.ended_at is None else None,
        "ended_at": when(notification.ended_at),
        "problem": notification.problem,
    }
