"""Cairn's tests from nothing: `python3 scripts/test.py [--full] [pytest arguments]`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.bootstrap import hand_over

if __name__ == "__main__":
    sys.exit(hand_over("dev", "scripts.test_session"))
