"""Bakes a credential into its badge's picture (Open Badges 3.0 and CLR 2.0, section 5.3).

The picture stays as it is but for the credential; baking a baked picture replaces the credential in it.
"""

from __future__ import annotations

import re

from ledger.documents.strict_json import parse
from ledger.errors import MalformedDocument
from ledger.wrapping import png, svg
from ledger.wrapping.content import compact_jws

_TAG = re.compile(rb"<[^\s/>\"']+(?:[^\"'>]|\"[^\"]*\"|'[^']*')*>")
_UTF_8 = frozenset({"utf-8", "us-ascii", "ascii"})


def bake_png(picture: bytes, content: bytes, *, record: bool) -> bytes:
    """The PNG with the credential in an uncompressed iTXt chunk right behind its header.

    `content` is the credential as JSON or as compact JWS; `record` says that it is a CLR. Raises MalformedDocument for
    a picture that is no good PNG, and for what is neither JSON nor a JWS.
    """
    header, *rest = [chunk for chunk in png.chunks_of(picture) if not png.is_credential(chunk)]
    keyword = png.RECORD if record else png.CREDENTIAL
    return png.png_of([header, png.Chunk(b"iTXt", keyword + bytes(5) + _checked(content)), *rest])


def bake_svg(picture: str, content: bytes, *, record: bool) -> str:
    """The SVG with the credential as the first element in it: JSON as its text, a JWS as its `verify`.

    Raises MalformedDocument as `bake_png`. The result is to be written as UTF-8.
    """
    data = picture.encode()
    layout = svg.layout_of(data, encoding="utf-8")
    if layout.encoding is not None and layout.encoding.lower() not in _UTF_8:
        raise MalformedDocument("image_invalid", "the picture names another encoding than UTF-8")
    prefix, uri = ("clr", svg.RECORD) if record else ("openbadges", svg.CREDENTIAL)
    tag, rest = _apart(data, layout)
    if layout.prefixes.get(prefix) == uri:
        own = ""
    elif prefix in layout.prefixes:  # it means something else here
        own = f' xmlns:{prefix}="{uri}"'
    else:
        own = ""
        tag = re.sub(rb"\s*(/?)>\Z", rf' xmlns:{prefix}="{uri}"\1>'.encode(), tag)
    element = _element(prefix, own, _checked(content))
    if tag.endswith(b"/>"):
        name = re.split(rb"[\s/>]", tag[1:], maxsplit=1)[0]
        tag, rest = tag[:-2] + b">", b"</" + name + b">" + rest
    return (data[: layout.root] + tag + element + rest).decode()


def _apart(data: bytes, layout: svg.Layout) -> tuple[bytes, bytes]:
    """The tag that begins the picture, and what follows it, without the credentials that are baked in already."""
    tag = _tag_at(data, layout.root)
    position, parts = layout.root + len(tag), list[bytes]()
    for element in layout.credentials:
        parts.append(data[position : element.begin])
        first = _tag_at(data, element.begin)
        closing = element.begin + len(first)
        position = closing if first.endswith(b"/>") else data.index(b">", element.end) + 1
    return tag, b"".join([*parts, data[position:]])


def _tag_at(data: bytes, position: int) -> bytes:
    found = _TAG.match(data, position)
    if found is None:
        raise MalformedDocument("image_invalid", "the picture is not built as an SVG should be")
    return found[0]


def _element(prefix: str, declaration: str, content: bytes) -> bytes:
    if compact_jws(content) is not None:
        return f'<{prefix}:credential{declaration} verify="{content.decode()}"/>'.encode()
    text = content.decode()
    for letter in ("\ufffe", "\uffff"):  # JSON may have them as they are, XML may not
        text = text.replace(letter, f"\\u{ord(letter):x}")
    text = text.replace("]]>", "]]]]><![CDATA[>")
    return f"<{prefix}:credential{declaration}><![CDATA[{text}]]></{prefix}:credential>".encode()


def _checked(content: bytes) -> bytes:
    jws = compact_jws(content)
    if jws is not None:
        return jws
    parse(content)
    return content
