from __future__ import annotations

from hashlib import sha256
from importlib import resources
from typing import Any

import pytest

from ledger.documents import contexts

# The hashes that W3C prints in its specifications (VC Data Model 2.0, appendix B.1; Data Integrity 1.0, section 2.4.2).
PUBLISHED = {
    contexts.CREDENTIALS_V2: "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
    "https://w3id.org/security/data-integrity/v2": "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
}


@pytest.mark.parametrize("url", contexts.CONTEXTS)
def test_each_context_is_the_file_that_is_pinned(url: str) -> None:
    data = contexts.read(url)
    assert sha256(data).hexdigest() == contexts.CONTEXTS[url].sha256
    assert sha256(data).hexdigest() == PUBLISHED.get(url, contexts.CONTEXTS[url].sha256)
    assert list(contexts.load(url)) == ["@context"]


def test_no_other_file_lies_in_the_folder() -> None:
    files = {entry.name for entry in resources.files(contexts).iterdir() if entry.name.endswith(".json")}
    assert files == {pinned.file for pinned in contexts.CONTEXTS.values()}


def test_a_context_that_is_not_here_is_not_found() -> None:
    with pytest.raises(KeyError):
        contexts.load("https://attacker.example/context.json")


def test_a_caller_cannot_change_what_others_load() -> None:
    contexts.load(contexts.OPEN_BADGES).clear()
    assert contexts.load(contexts.OPEN_BADGES)


@pytest.mark.parametrize("url", contexts.CONTEXTS)
def test_no_context_gives_meaning_to_undefined_terms_or_fetches_another(url: str) -> None:
    def check(context: Any) -> None:
        assert isinstance(context, dict)
        assert not {"@vocab", "@import", "@base", "@language", "@direction"} & context.keys()
        for definition in context.values():
            if isinstance(definition, dict) and "@context" in definition:
                check(definition["@context"] or {})

    check(contexts.load(url)["@context"])
