"""Every error that Cairn raises on purpose.

    CairnError
    ├── MalformedDocument          bytes that are not a readable document (CLI exit 2, HTTP 400/413/422)
    ├── InvalidProof               a proof that is badly formed, or does not hold
    ├── DraftError                 rows or values that cannot become credentials; carries every problem at once
    ├── RegistryError
    │   ├── RegistryUnreachable    no answer, no quorum, or an answer that makes no sense: nothing is known
    │   ├── TransactionReverted    the registry refused, with a typed reason
    │   └── WrongChain             the node or the code at the address is not what the configuration says
    ├── KeystoreError              a key file that is missing, unreadable, or does not open
    ├── WorkspaceError             a data folder that is missing, in use, or not what it should be
    ├── NotProven                  who asks has not shown to be who they say (HTTP 401)
    ├── NotFound                   no such issuer, batch, credential, wallet or link
    └── Conflict                   the request contradicts what is stored already

`code` is a stable lower-case word that programs may branch on; `str(error)` is one plain sentence for people.
`VerificationFailed` is a CairnError too, and lives in `ledger.verifying.report` with the report that it carries; so is
`ProcessRefused`, in `ledger.bounded_process`, which whoever asks a child process turns into an error of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class CairnError(Exception):
    """Base of all errors that a caller may expect in normal operation."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class MalformedDocument(CairnError):
    """The bytes are not a document that Cairn reads. Codes: `json_*`, `limit_*`, `schema_*`, `string_*`."""


class InvalidProof(CairnError):
    """A proof is badly formed (`proof_malformed`, `proof_length`, …) or does not hold (`signature_invalid`, …)."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an input, and where: `row` counts the header as 1, `column` is its name.

    Where there are no rows, `column` is the path of a member, as `achievements[2].title`, or the name of a value.
    """

    code: str
    message: str
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        place = [f"row {self.row}"] if self.row is not None else []
        if self.column is not None:
            place.append(f"column {self.column}" if place else self.column)
        return f"{', '.join(place)}: {self.message}" if place else self.message


class DraftError(CairnError):
    """A file was refused. `problems` lists everything that was found; nothing was stored, as `then` says."""

    def __init__(self, problems: Sequence[Problem], *, then: str = "nothing was imported") -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        super().__init__("draft_invalid", f"{count} problem{'s' if count != 1 else ''} found; {then}")


class RegistryError(CairnError):
    """The registry could not do what was asked."""


class RegistryUnreachable(RegistryError):
    """No provider answered, too few agreed, or the answer made no sense. Says nothing about any credential."""

    def __init__(self, message: str, code: str = "registry_unreachable") -> None:
        super().__init__(code, message)


class TransactionReverted(RegistryError):
    """The registry refused a call. `error` is the contract's name for why, `unknown` if there is none.

    `arguments` are the error's values in the order of the contract, `values` the same by name: bytes, addresses and
    numbers. `ledger.chain.refusals` makes it from what a node says, with the sentence for `message`.
    """

    def __init__(
        self,
        error: str,
        arguments: tuple[object, ...] = (),
        values: Mapping[str, object] | None = None,
        message: str | None = None,
    ) -> None:
        self.error = error
        self.arguments = arguments
        self.values: Mapping[str, object] = dict(values or {})
        super().__init__("transaction_reverted", message or f"the registry refused the call ({error})")


class WrongChain(RegistryError):
    """The node serves another chain, or the address holds other code, than the configuration names."""

    def __init__(self, message: str) -> None:
        super().__init__("wrong_chain", message)


class KeystoreError(CairnError):
    """A key file is missing (`key_missing`), open to others (`key_permissions`), or does not open (`key_locked`)."""


class WorkspaceError(CairnError):
    """A data folder is missing (`workspace_missing`), in use (`workspace_busy`) or not ours (`workspace_invalid`)."""


class NotProven(CairnError):
    """Who asks has not shown to be who they say. Why is not told: it would help whoever tries."""

    def __init__(self, message: str, code: str = "not_proven") -> None:
        super().__init__(code, message)


class NotFound(CairnError):
    """There is no such thing, or the caller may not know that there is."""

    def __init__(self, message: str, code: str = "not_found") -> None:
        super().__init__(code, message)


class Conflict(CairnError):
    """The request contradicts what is stored already. `about` is the id of what it contradicts, where one is named."""

    def __init__(self, message: str, code: str = "conflict", *, about: str = "") -> None:
        super().__init__(code, message)
        self.about = about
