"""Running the site: a socket that is taken before anything else happens, uvicorn, and logs without secrets."""

from __future__ import annotations

import errno
import gc
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ledger.errors import CairnError, Conflict
from ledger.logs import set_up_logs

if TYPE_CHECKING:
    from api.settings import Settings
    from api.site import Site
    from ledger.workspace import Workspace

GRACE_SECONDS = 10
BACKLOG = 64
"""Connections that wait to be taken: out of descriptors, asyncio complains once for each of them, again and again."""

COLLECT_AFTER = (50_000, 20, 20)
"""Objects until Python looks for circles: by its own 700 a record of 500 credentials would cost a quarter more."""


def collect_seldom() -> None:
    """For a process that reads large documents, which are trees: what is there now is never looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises CairnError (`port_busy`, `host_unusable`) in one plain sentence."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise CairnError("host_unusable", f"cannot listen on {host}: {error.strerror or error}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise CairnError("port_busy", f"port {port} is in use; choose another one with --port") from error
        raise CairnError("host_unusable", f"cannot listen on {host} port {port}: {error.strerror}") from error
    return listener


def run_site(
    workspace: Workspace, settings: Settings, listener: socket.socket, *, announce: Callable[[str], None]
) -> None:
    """Serves until it is told to stop (Ctrl-C, SIGTERM), then lets the requests that are under way finish."""
    import uvicorn

    from api.main import create_app

    set_up_logs()
    app = create_app(workspace, settings)
    collect_seldom()
    site: Site = app.state.site

    class Server(uvicorn.Server):
        async def on_tick(self, counter: int) -> bool:
            self.should_exit = self.should_exit or site.lost.is_set()
            return await super().on_tick(counter)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            site.is_stopping = True  # or it would wait for streams that wait for the site
            await super().shutdown(sockets)

    config = uvicorn.Config(
        app,
        # The site runs around the server, so that what it refuses to start for is told by the command.
        lifespan="off",
        log_config=None,
        # Our own log names routes; uvicorn's would name paths, and a path may be a share link.
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    with stopping_quietly(), site.running():
        announce(f"Cairn serves {workspace.path} on http://{settings.host}:{settings.port}")
        node = f"; its chain answers at {site.node_url}" if site.node_url else ""
        announce(f"share links begin with {site.base}{node}")
        if site.banner is not None:
            announce(f"{site.banner.title}: {site.banner.text}")
        Server(config).run(sockets=[listener])
    if site.lost.is_set():
        raise Conflict("another process has taken over the work of this site; it has ended", "worker_lost")


class Stopped(Exception):
    """The process was told to stop."""


@contextmanager
def stopping_quietly() -> Iterator[None]:
    """Makes Ctrl-C and SIGTERM an ordinary end: uvicorn raises again the signal that it stopped for."""

    def stopped(_signal: int, _frame: object) -> None:
        raise Stopped

    before = signal.signal(signal.SIGTERM, stopped)
    try:
        yield
    except (Stopped, KeyboardInterrupt):
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
