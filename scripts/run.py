"""Cairn's main job from nothing: `python3 scripts/run.py [--data DIR] [--serve] [--fresh]`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.bootstrap import hand_over

if __name__ == "__main__":
    sys.exit(hand_over("runtime", "scripts.main_job"))
