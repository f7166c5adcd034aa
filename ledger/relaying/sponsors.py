"""Where an operator's signed acts can be handed over: to a relay over HTTPS, or into a folder for a person to carry."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson

from ledger.chain.act_document import SignedAct, to_document
from ledger.configuration import write_atomically
from ledger.errors import CairnError, Conflict, RegistryUnreachable

if TYPE_CHECKING:
    from ledger.issuing.sponsored import Sponsor

RELAY_PATH = "/v1/relay"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_TIMEOUT = 20.0
_LARGEST_ANSWER = 64 * 1024
_TOO_MANY_REQUESTS = 429
_LATER = frozenset({408, 425, _TOO_MANY_REQUESTS})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_SHOWN = 200


def find_sponsor(where: str) -> Sponsor:
    """The sponsor at an https address, at an http address of this machine, or in a folder.

    Raises CairnError `sponsor_invalid` for an address that can be neither.
    """
    return RelaySponsor(where) if "://" in where else FolderSponsor(Path(where))


class FolderSponsor:
    """A folder: each act becomes a file, named by what was signed. Implements `Sponsor`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    @property
    def name(self) -> str:
        return str(self._folder)

    def hand_over(self, act: SignedAct) -> str:
        """Writes the file, whole or not at all, and says where it is. Raises Conflict `sponsor_refused`."""
        path = self._folder / f"cairn-act-{act.digest.hex()[:16]}.json"
        content = to_document(act)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if not path.is_file() or path.read_bytes() != content:
                write_atomically(path, content)
        except OSError as error:
            raise Conflict(f"the act cannot be written to {path}: {error.strerror}", "sponsor_refused") from error
        return f"lies in {path}"


class RelaySponsor:
    """A relay. Follows no redirect, and trusts nothing that is answered: only the chain says what was done."""

    def __init__(self, url: str, *, timeout: float = _TIMEOUT) -> None:
        """`timeout` is how many seconds a whole answer may take. Raises CairnError `sponsor_invalid`."""
        invalid = CairnError(
            "sponsor_invalid", "a relay is named by an https address, or by an http address of this machine"
        )
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise invalid from error
        is_local = host in _LOOPBACK
        if not host or parts.scheme not in (("https", "http") if is_local else ("https",)):
            raise invalid
        if parts.username is not None or parts.query or parts.fragment:
            raise invalid
        self._name = url.rstrip("/").removesuffix(RELAY_PATH)
        self._host = host
        self._is_local = is_local
        self._timeout = timeout

    @property
    def name(self) -> str:
        return self._name

    def hand_over(self, act: SignedAct) -> str | None:
        """Posts the act, and gives what the relay says of it. Raises as `Sponsor.hand_over`."""
        status, answer = self._post(to_document(act))
        if status in (200, 202):
            return ": ".join(filter(None, (_text(answer, "state"), _text(answer, "problem")))) or None
        said = _text(answer, "detail") or f"it answered with HTTP status {status}"
        if status in _LATER or status >= 500:
            raise RegistryUnreachable(f"the relay {self._host} cannot take the act now: {said}", "sponsor_unreachable")
        raise Conflict(f"the relay {self._host} refuses the act: {said}", "sponsor_refused")

    def _post(self, content: bytes) -> tuple[int, object]:
        """The status, and the JSON of the answer if it is any."""
        import httpx

        deadline = time.monotonic() + self._timeout
        # An answer that is packed could become large in one piece: it is asked for, and read, as it is.
        headers = {"content-type": "application/json", "accept": "application/json", "accept-encoding": "identity"}
        received = bytearray()
        try:
            with (
                httpx.Client(timeout=self._timeout, trust_env=not self._is_local, follow_redirects=False) as client,
                client.stream("POST", self._name + RELAY_PATH, content=content, headers=headers) as response,
            ):
                for chunk in response.iter_raw():
                    received += chunk
                    if len(received) > _LARGEST_ANSWER or time.monotonic() > deadline:
                        raise RegistryUnreachable(
                            f"the relay {self._host} does not answer as a relay does", "sponsor_unreachable"
                        )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise RegistryUnreachable(
                f"the relay {self._host} cannot be reached ({type(error).__name__}); the act is kept",
                "sponsor_unreachable",
            ) from None
        answer: object = None
        with contextlib.suppress(ValueError):
            answer = orjson.loads(received)
        return response.status_code, answer


def _text(answer: object, member: str) -> str | None:
    """A piece of a stranger's answer that is safe to show: one line, not long."""
    value = answer.get(member) if isinstance(answer, dict) else None
    return _CONTROL.sub(" ", value)[:_SHOWN] if isinstance(value, str) else None
