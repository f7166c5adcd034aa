"""Cairn's tests from nothing: `python3 scripts/test.py [--full] [pytest arguments]`."""

import sys

from bootstrap import hand_over

if __name__ == "__main__":
    sys.exit(hand_over("dev", "scripts.test_session"))
