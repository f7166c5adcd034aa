"""How the scripts read their command line: what is wrong with it is told in one line that repeats no secret."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Never


class Parser(argparse.ArgumentParser):
    """An option that nobody knows is told by its name: what follows it may be a passphrase."""

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        """The options. Ends the process with code 2 for any that make no sense."""
        options, unknown = self.parse_known_args(arguments)
        if unknown:
            name = unknown[0].partition("=")[0]
            self.error(f"there is no option {name}" if name.startswith("--") else "there are words too many")
        return options

    def error(self, message: str) -> Never:
        told = re.sub("ignored explicit argument .*", "it takes no value", message, flags=re.DOTALL)
        self.exit(2, f"{self.prog.removesuffix('.py')}: {told} (--help tells the options)\n")
