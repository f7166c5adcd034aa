"""What a camera of tests sees: a QR code as a short film in the form that Chromium plays in place of a camera."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import segno

WIDTH, HEIGHT = 640, 480
SCALE = 6
BLACK, WHITE, GREY = 16, 235, 128


def film_of(text: str, path: Path, *, frames: int = 3) -> Path:
    """A film (YUV4MPEG2, 4:2:0) of a code in the middle of a white sheet. Returns `path`."""
    matrix = [list(row) for row in segno.make(text, error="m", micro=False).matrix]
    side = len(matrix) * SCALE
    left, top = (WIDTH - side) // 2, (HEIGHT - side) // 2
    assert left > 4 * SCALE
    assert top > 4 * SCALE
    lines = [bytes([WHITE]) * WIDTH] * HEIGHT
    for y, row in enumerate(matrix):
        middle = b"".join(bytes([BLACK if dark else WHITE]) * SCALE for dark in row)
        line = bytes([WHITE]) * left + middle + bytes([WHITE]) * (WIDTH - left - side)
        for offset in range(SCALE):
            lines[top + y * SCALE + offset] = line
    frame = b"FRAME\n" + b"".join(lines) + bytes([GREY]) * (WIDTH * HEIGHT // 2)
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * frames)
    return path


def picture_of(text: str) -> bytes:
    """The code as a PNG, as somebody would take it off a screen."""
    image = BytesIO()
    segno.make(text, error="m", micro=False).save(image, kind="png", scale=5, border=4)
    return image.getvalue()
