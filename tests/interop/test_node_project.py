"""The npm project of the judges is pinned, names no registry, and what it pins is what is installed."""

from __future__ import annotations

import json

import pytest

from tests.interop.conftest import require_node_judges
from tests.interop.node_judges import NODE, versions


def test_every_package_is_pinned_to_one_version() -> None:
    wanted = json.loads((NODE / "package.json").read_bytes())["devDependencies"]
    assert wanted == versions()


def test_the_lock_holds_hashes_and_names_no_registry() -> None:
    text = (NODE / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    del packages[""]
    assert all("integrity" in package and "resolved" not in package for package in packages.values())
    assert "registry" not in text.replace("issuer-registry-client", "")


@pytest.mark.node
def test_what_is_installed_is_what_is_pinned() -> None:
    require_node_judges()
    for name, version in versions().items():
        assert json.loads((NODE / "node_modules" / name / "package.json").read_bytes())["version"] == version
