"""Makes the samples of other people's credentials anew: `python -m tests.interop.make_samples`.

The npm packages of `tests/interop/node` sign them, with keys that are made for the run and thrown away, so that every
sample changes. Our part is to hand over the JSON-LD contexts.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from ledger.documents import contexts

HERE = Path(__file__).resolve().parent
SAMPLES = HERE / "samples"


def main() -> int:
    for old in (*SAMPLES.glob("*.json"), *SAMPLES.glob("*.jwt")):
        old.unlink()
    shutil.rmtree(SAMPLES / "documents", ignore_errors=True)
    given = json.dumps({url: contexts.load(url) for url in contexts.CONTEXTS})
    command = ["node", str(HERE / "node" / "make_samples.mjs"), str(SAMPLES)]
    return subprocess.run(command, input=given.encode(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
