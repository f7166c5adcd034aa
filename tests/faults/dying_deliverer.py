"""A process that hands over what waits in an office's folder: `FOLDER WORKER`. CAIRN_FAILPOINT says where it dies."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from ledger.delivering.post_office import PostOffice
from tests.fakes import MemoryRegistry
from tests.office import Office


def main(folder: str, worker: str) -> None:
    office = Office(Path(folder), MemoryRegistry())
    delivery = PostOffice(office.database, office.keys, "https://cairn.example").delivery(worker=worker)
    while (wait := delivery.work()) is not None:
        time.sleep(min(wait, 1.0))


if __name__ == "__main__":
    main(*sys.argv[1:])
