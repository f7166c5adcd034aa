"""Each page has a title of its own: whoever has several open, or hears what they are called, tells them apart by it."""

from __future__ import annotations

import re
from collections import Counter

from api.web.pages import WEB

SHARED_ALIKE = '{{ _("Statistics") }} · {{ institution.name }}'
"""Of an issuer and of an accreditor: two sites for two audiences, each under its own name."""
LAYOUTS = {"base.html"}


def test_no_two_pages_share_a_title() -> None:
    found: Counter[str] = Counter()
    for template in sorted((WEB / "templates").rglob("*.html")):
        if template.name not in LAYOUTS:
            found.update(re.findall(r"{% block title %}(.*?){% endblock %}", template.read_text(encoding="utf-8")))
    assert len(found) > 70
    assert [title for title, times in found.items() if times > 1] == [SHARED_ALIKE]
