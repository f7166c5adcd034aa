"""SVG pictures: where a credential stands in one (Open Badges 3.0 and CLR 2.0, section 5.3).

The picture is read as XML and never drawn. A document type may be named, as drawing programs do, but nothing is fetched
for it, and it may define nothing: no entity, no default for an attribute.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn

from ledger.errors import MalformedDocument

CREDENTIAL, RECORD = "https://purl.imsglobal.org/ob/v3p0", "https://purl.imsglobal.org/clr/v2p0"
_CREDENTIALS = frozenset({f"{{{CREDENTIAL}}}credential", f"{{{RECORD}}}credential"})
_OPEN_BADGES_2 = "{http://openbadges.org}assertion"
_ROOT = "{http://www.w3.org/2000/svg}svg"

MAX_DEPTH = 256
MAX_ELEMENTS = 100_000


@dataclass
class Element:
    """An element that holds a credential: `begin` and `end` are where its tags begin, in bytes of the picture."""

    begin: int
    verify: str | None
    text: list[str] = field(default_factory=list)
    end: int = 0


@dataclass(frozen=True)
class Layout:
    """Where things stand in a picture, in bytes. `encoding` is the one that it names, if any."""

    root: int
    credentials: tuple[Element, ...]
    prefixes: dict[str, str]
    encoding: str | None
    has_open_badges_2: bool


def credential_in_svg(picture: bytes) -> bytes:
    """The text of the credential that is baked into an SVG: what its `verify` says, else what it encloses.

    Raises MalformedDocument `image_invalid`, `image_ambiguous`, `image_without_credential`, `open_badges_2`; and
    `form_unsupported` for XML that is no SVG.
    """
    layout = layout_of(picture)
    if len(layout.credentials) > 1:
        raise MalformedDocument("image_ambiguous", "the picture holds more than one credential")
    if not layout.credentials:
        if layout.has_open_badges_2:
            raise MalformedDocument("open_badges_2", "the picture holds an Open Badge of version 2, which is not read")
        raise MalformedDocument("image_without_credential", "the picture holds no credential")
    (element,) = layout.credentials
    text = "".join(element.text) if element.verify is None else element.verify
    return text.encode()


def layout_of(picture: bytes, encoding: str | None = None) -> Layout:
    """Reads the picture once. `encoding` overrides the one that the picture names. Raises as `credential_in_svg`."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser, ParseError

    listener = _Listener()
    parser: Any = DefusedXMLParser(target=listener, encoding=encoding)
    listener.listen_to(parser.parser)
    try:
        parser.feed(picture)
        parser.close()
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise MalformedDocument("image_invalid", "the picture is not XML that can be read safely") from error
    return listener.layout()


class _Listener:
    """Notes what the parser meets; the names of its methods are ElementTree's."""

    def __init__(self) -> None:
        self._expat: Any = None
        self._depth = self._elements = self._root = 0
        self._open: Element | None = None
        self._found: list[Element] = []
        self._prefixes: dict[str, str] = {}
        self._encoding: str | None = None
        self._has_open_badges_2 = False

    def listen_to(self, expat: Any) -> None:
        self._expat = expat
        expat.StartDoctypeDeclHandler = self._doctype
        expat.XmlDeclHandler = self._declaration
        expat.StartNamespaceDeclHandler = self._namespace

    def layout(self) -> Layout:
        return Layout(self._root, tuple(self._found), self._prefixes, self._encoding, self._has_open_badges_2)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            _refuse("the picture has too many elements, or too many inside each other")
        if self._depth == 1:
            if tag != _ROOT:
                raise MalformedDocument("form_unsupported", "this is a web page or other XML, and not an SVG picture")
            self._root = self._expat.CurrentByteIndex
        if self._open is not None:
            _refuse("the credential in the picture is not given as plain text")
        if tag in _CREDENTIALS:
            self._open = Element(self._expat.CurrentByteIndex, attributes.get("verify"))
            self._found.append(self._open)
        self._has_open_badges_2 |= tag == _OPEN_BADGES_2

    def end(self, tag: str) -> None:
        self._depth -= 1
        if tag in _CREDENTIALS and self._open is not None:
            self._open.end = self._expat.CurrentByteIndex
            self._open = None

    def data(self, text: str) -> None:
        if self._open is not None:
            self._open.text.append(text)

    def close(self) -> None:
        """Nothing is left to do."""

    def _doctype(self, _name: str, _system: str | None, _public: str | None, has_definitions: int) -> None:
        if has_definitions:
            _refuse("the picture brings definitions of its own, which is not safe to read")

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self._encoding = encoding

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        if self._depth == 0:
            self._prefixes[prefix or ""] = uri or ""


def _refuse(message: str) -> NoReturn:
    raise MalformedDocument("image_invalid", message)
