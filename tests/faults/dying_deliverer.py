"""A process that hands over what waits: `FOLDER WORKER [DATABASE-URL]`. CAIRN_FAILPOINT says where it dies."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from ledger.delivering.post_office import PostOffice
from ledger.storage import Database
from tests.fakes import MemoryRegistry
from tests.office import Office


def main(folder: str, worker: str, url: str | None = None) -> None:
    office = Office(Path(folder), MemoryRegistry())
    if url is not None:
        office.database = Database(url)
    delivery = PostOffice(office.database, office.keys, "https://cairn.example").delivery(worker=worker)
    while (wait := delivery.work()) is not None:
        time.sleep(min(wait, 1.0))


if __name__ == "__main__":
    main(*sys.argv[1:])
