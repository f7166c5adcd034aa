"""People and machines that use the site: an issuer that waits for its batch, a learner with a wallet."""

from __future__ import annotations

import time

from scripts.faulting.site import Answer, Site
from scripts.faulting.world import World


def issue_over(world: World, site: Site, batch: int, seconds: float = 30.0) -> None:
    """Approves a batch over HTTP and waits until it is final."""
    world.promises.batches.add(batch)
    answer = site.as_issuer("POST", f"/batches/{batch}/approve")
    world.expect(answer.status == 202, f"approving: {answer}")
    await_final(world, site, batch, seconds)


def await_final(world: World, site: Site, batch: int, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        shown = site.as_issuer("GET", f"/batches/{batch}")
        if shown.status == 200 and shown.value["finished"]:
            return
        time.sleep(0.1)
    world.expect(False, f"batch {batch} was not final after {seconds:.0f} s: {shown}")


def waiting(world: World) -> int:
    """How many messages wait, or were given up."""
    shown = world.expect_done(world.program.run("deliveries", "--json")).value
    return sum(int(shown["counts"].get(state, 0)) for state in ("waiting", "dead")) + int(shown["events_to_spread"])


class Wallet:
    """A learner's wallet over HTTP with one credential in it."""

    def __init__(self, world: World, site: Site) -> None:
        self._world = world
        self.site = site
        made = site.ask("POST", "/v1/wallets").value
        self._path, self._token = f"/v1/wallets/{made['wallet_id']}", made["token"]
        name = world.settled()[0]
        document = site.as_issuer("GET", f"/credentials/{name}")
        imported = self.ask("POST", "/credentials", document.value)
        world.expect(imported.status in (200, 201), f"importing: {imported}")
        self.held = imported.value["credential"]["id"]

    def ask(self, method: str, path: str, body: object = None) -> Answer:
        return self.site.ask(method, self._path + path, body, headers={"Authorization": f"Bearer {self._token}"})

    def share(self) -> dict[str, str]:
        answer = self.ask("POST", "/links", {"label": "first", "days": 5, "credential_ids": [self.held]})
        self._world.expect(answer.status == 201, f"sharing: {answer}")
        link: dict[str, str] = answer.value
        return link
