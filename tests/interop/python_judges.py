"""The judges from PyPI, openbadgeslib and openvc-core, with everything that they would fetch handed over."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

import orjson
from openbadgeslib.ob3.did import resolve_verification_method
from openbadgeslib.ob3.ldp import OB3LdpVerifier, verify_data_integrity_proof
from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier
from openvc import OpenvcError, verify_credential
from openvc.did.base import DidResolverRegistry
from openvc.did.did_key import DidKeyResolver
from openvc.did.did_web import DidWebResolver
from openvc.resolvers import default_status_list_resolver

from ledger.documents import contexts
from tests.interop.node_judges import Opinion

PACKAGES = ("openbadgeslib", "openvc-core")


def versions() -> dict[str, str]:
    return {name: version(name) for name in PACKAGES}


def is_token(document: bytes) -> bool:
    return document.startswith(b"ey")


class PythonJudges:
    """`web` is JSON by address: all that the judges can look up. It may change between two opinions."""

    def __init__(self, web: Mapping[str, Any]) -> None:
        self._web = web
        self._asked: list[str] = []

    def openbadgeslib(self, document: bytes) -> Opinion:
        """Its verifiers of badges with the status list, the key found by the issuer's DID.

        It has no verifier for records and endorsements: for them, its check of the proof alone.
        """
        if is_token(document):
            return self._opinion(OB3VerificationError, lambda: self._check_token(document.decode()))
        content = json.loads(document)
        if {"ClrCredential", "EndorsementCredential", "BitstringStatusListCredential"} & {*content["type"]}:
            return self._opinion(OB3VerificationError, lambda: self._check_proof(content))
        verifier = OB3LdpVerifier.for_issuer_did(content["issuer"]["id"])
        return self._opinion(
            OB3VerificationError,
            lambda: verifier.verify(document, check_status=True, download=self._read, verify_status_list=False),
        )

    def openvc(self, document: bytes) -> Opinion:
        """Its one call for everything, with its own rules, and a status list that it verifies too."""
        resolver = DidResolverRegistry([DidKeyResolver(), DidWebResolver(self._json)])
        extra = {url: contexts.load(url) for url in (contexts.OPEN_BADGES, contexts.CLR)}
        lists = default_status_list_resolver(resolver=resolver, fetch=lambda url: self._read(url).decode())
        content = document.decode() if is_token(document) else json.loads(document)
        return self._opinion(
            OpenvcError,
            lambda: verify_credential(content, resolver=resolver, resolve_status_list=lists, extra_contexts=extra),
        )

    def _opinion(self, refusal: type[Exception], judge: Callable[[], object]) -> Opinion:
        self._asked.clear()
        try:
            judge()
        except (refusal, KeyError) as error:
            return Opinion(False, f"{type(error).__name__}: {error}", tuple(self._asked))
        return Opinion(True, asked=tuple(self._asked))

    def _check_token(self, token: str) -> None:
        payload = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
        verifier = OB3Verifier.for_issuer_did(payload["iss"], download=self._read)
        verifier.verify(token, check_status=True, verify_status_list=False, download=self._read)

    def _check_proof(self, content: dict[str, Any]) -> None:
        proofs = content["proof"] if isinstance(content["proof"], list) else [content["proof"]]
        method = next(proof["verificationMethod"] for proof in proofs if proof["cryptosuite"] == "eddsa-rdfc-2022")
        issuer = content["issuer"] if isinstance(content["issuer"], str) else content["issuer"]["id"]
        if method.partition("#")[0] != issuer:
            raise OB3VerificationError("the key is not the issuer's")
        key = resolve_verification_method(method, download=self._read)
        verify_data_integrity_proof(content, key, extra_contexts={contexts.CLR: contexts.load(contexts.CLR)})

    def _json(self, url: str) -> Any:
        self._asked.append(url)
        return self._web[url]

    def _read(self, url: str) -> bytes:
        return orjson.dumps(self._json(url))
