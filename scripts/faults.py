"""Cairn's fault harness from nothing: `python3 scripts/faults.py --smoke | --full`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.bootstrap import hand_over

if __name__ == "__main__":
    sys.exit(hand_over("runtime", "scripts.faulting.session"))
