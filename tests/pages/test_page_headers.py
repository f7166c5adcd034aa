"""What every page says to the browser: trust nothing but us, keep nothing, and keep files that cannot change."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from fastapi.testclient import TestClient

from api.web import pages
from api.web.static_files import FOR_GOOD, fingerprint, static_url
from tests.site import Campus

HTML = {"Accept": "text/html"}


def test_a_file_asked_for_by_its_contents_may_be_kept_for_good_and_no_other(campus: Campus) -> None:
    kept = campus.client.get(static_url("site.css"))
    assert kept.headers["cache-control"] == FOR_GOOD
    again = campus.client.get(static_url("site.css"), headers={"If-None-Match": kept.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, FOR_GOOD)
    for path in ("/static/site.css", "/static/site.css?v=000000000000"):
        assert campus.client.get(path).headers["cache-control"] == "public, max-age=60"
    assert campus.client.get("/static/nothing.css?v=000000000000").status_code == 404


def test_the_pages_ask_for_their_files_by_contents(campus: Campus) -> None:
    page = campus.client.get("/", headers=HTML).text
    assert f"/static/site.css?v={fingerprint('site.css')}" in page


@pytest.mark.parametrize("path", ["/", "/nothing", "/check", "/docs", "/sign-in", "/openapi.json"])
def test_every_page_is_strict_and_kept_by_nobody(campus: Campus, path: str) -> None:
    check_headers(campus.client.get(path, headers=HTML).headers)


def test_what_nobody_expected_is_a_page_with_the_same_headers_in_the_readers_language(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(pages, "operation_groups", broken)
    client = TestClient(campus.app, raise_server_exceptions=False)
    answer = client.get("/docs", headers=HTML | {"Accept-Language": "ms"})
    assert answer.status_code == 500
    assert '<html lang="ms"' in answer.text
    assert "Itu kesilapan kami" in answer.text
    assert "a mistake of ours" not in answer.text
    assert answer.headers["x-request-id"] in answer.text
    check_headers(answer.headers)


def check_headers(headers: Mapping[str, str]) -> None:
    """A policy that lets nothing in but our own files, no frame, no store, no index, no referrer."""
    found = {name.lower(): value for name, value in headers.items()}
    policy = {part.split()[0]: part.split()[1:] for part in found["content-security-policy"].split(";")}
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert not re.search(r"unsafe|http:|https:|data:|\*", found["content-security-policy"])
    assert "no-store" in found["cache-control"]
    assert "noindex" in found["x-robots-tag"]
    assert found["referrer-policy"] == "no-referrer"
    assert found["x-content-type-options"] == "nosniff"
    assert found["x-frame-options"] == "DENY"
