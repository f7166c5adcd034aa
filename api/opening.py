"""The services of the site without a server, as the operator of a data folder uses them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.site import Site
    from ledger.workspace import Workspace


def open_site(workspace: Workspace) -> Site:
    """The services over an open data folder; whoever opens them closes them."""
    from api.settings import load_settings, safe_base
    from api.site import Site

    settings = load_settings(data=workspace.path)
    return Site(workspace, settings, safe_base(settings, workspace.link_base))


@contextmanager
def opened_site(data: Path) -> Iterator[Site]:
    """The services over a data folder that is opened for them."""
    from ledger.workspace import Workspace

    with Workspace.open(data) as workspace:
        site = open_site(workspace)
        try:
            yield site
        finally:
            site.close()
