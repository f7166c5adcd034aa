"""Whether the code at the registry's address is still the registry's, looked at again while a process lives."""

from __future__ import annotations

from ledger.chain.addresses import checksum_address
from ledger.chain.artifact import artifact
from ledger.chain.reader import RpcRegistryReader
from ledger.errors import RegistryUnreachable, WrongChain

HOUR = 3600.0
_AGAIN_SECONDS = 60.0
"""How soon to look again where the nodes gave no answer."""


class CodeWatch:
    """Asks a quorum of the nodes once an hour, and at first."""

    def __init__(self, reader: RpcRegistryReader, *, every: float = HOUR) -> None:
        """`every` is in seconds."""
        self._reader = reader
        self._every = every
        self._due = float("-inf")

    def check(self, now: float) -> None:
        """Looks if it is time to; `now` is in seconds, of a clock that never goes back.

        Raises WrongChain, each time until it is right again, if the code is another or the nodes serve another chain.
        Where no quorum answers, nothing is known, nothing is raised, and it is looked at again soon.
        """
        if now < self._due:
            return
        try:
            code = self._reader.code()
        except RegistryUnreachable:
            self._due = now + _AGAIN_SECONDS
            return
        if code != artifact().deployed_bytecode:
            raise WrongChain(
                f"the code at {checksum_address(self._reader.registry)} is not, or no longer, the registry of this "
                "version"
            )
        self._due = now + self._every
