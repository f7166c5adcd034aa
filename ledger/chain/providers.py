"""Who answered for a reading, who did not, and how many had to: the values that reports carry."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import RegistryUnreachable


@dataclass(frozen=True)
class Trouble:
    """Why one node's answer does not count. `node` is its host; `code` is an error's, or `outvoted`, or `too_late`."""

    node: str
    code: str
    message: str

    def to_dict(self) -> dict[str, str]:
        return {"node": self.node, "code": self.code, "message": self.message}


@dataclass(frozen=True)
class Providers:
    """How an answer came about: of `asked` nodes those in `agreed` gave it, and `quorum` of them had to.

    `usual` is how many have to where nobody asks for fewer. `troubles` names the others, as far as they were heard.
    """

    asked: int
    agreed: tuple[str, ...]
    quorum: int
    usual: int
    troubles: tuple[Trouble, ...] = ()

    @property
    def is_reduced(self) -> bool:
        """Whether somebody asked for fewer nodes than usual."""
        return self.quorum < self.usual


class NoAgreement(RegistryUnreachable):
    """Too few nodes answered (`no_quorum`), or their answers differ (`providers_disagree`)."""

    def __init__(self, message: str, code: str, providers: Providers) -> None:
        super().__init__(message, code)
        self.providers = providers
