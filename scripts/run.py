"""Cairn's main job from nothing: `python3 scripts/run.py [--data DIR] [--serve] [--fresh]`."""

import sys

from bootstrap import hand_over

if __name__ == "__main__":
    sys.exit(hand_over("runtime", "scripts.main_job"))
