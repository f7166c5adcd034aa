"""QR codes: an address as a picture, black on white with a quiet zone, whatever colours are around it."""

from __future__ import annotations

from io import BytesIO


def qr_svg(address: str) -> bytes:
    """The address as an SVG image."""
    import segno

    image = BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(image, kind="svg", dark="#000", light="#fff", border=4, xmldecl=False)
    return image.getvalue()
