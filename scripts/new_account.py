"""Makes an account that can pay on a chain: `python3 scripts/new_account.py FILE [--passphrase-file FILE]`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.bootstrap import hand_over

if __name__ == "__main__":
    sys.exit(hand_over("runtime", "scripts.deployment.account"))
