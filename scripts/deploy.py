"""Puts the registry on a chain: `python3 scripts/deploy.py --rpc URL --chain-id N --keystore FILE [--dry-run]`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.bootstrap import hand_over

if __name__ == "__main__":
    sys.exit(hand_over("runtime", "scripts.deployment.session"))
