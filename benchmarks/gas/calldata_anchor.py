"""Blockcerts: the root as the data of a transaction that calls nothing.

Made as `cert-issuer` makes it (`blockchain_handlers/ethereum`): no value, to an address that nobody holds, the 32 bytes
of the root and nothing else.
"""

from __future__ import annotations

from benchmarks.gas.acts import ACTS, Answer, Cell, Figure, Missing, System
from benchmarks.gas.chain import Chain, account
from benchmarks.gas.document_stores import named
from ledger.chain.registry import Address

ISSUER = account(40)
BURN = Address(bytes.fromhex("deaddead" * 5))
_ELSEWHERE = "a list on the issuer's site"
_PROFILE = "the issuer's profile on its site"
_REASONS = {
    "deploy": "no contract",
    "issuer": _PROFILE,
    "key": _PROFILE,
    "accredit": "no contract",
    "anchor_ten": "one root a transaction",
    "sponsored_first": "the sender is the issuer",
    "sponsored_later": "the sender is the issuer",
    "check_million": "contracts cannot read calldata of the past",
}


def measure(chain: Chain) -> System:
    acts: dict[str, Cell] = {act: Missing(_REASONS.get(act, _ELSEWHERE)) for act in ACTS}
    for act, root in zip(("anchor_1", "anchor_million", "anchor_most"), named("batch", 3), strict=True):
        mined = chain.send(ISSUER, BURN, root)
        acts[act] = (Figure("calldata", mined.gas),)
        assert chain.transaction(mined.hash) == (ISSUER, root)
    return System(
        name="Blockcerts",
        package="cert-issuer (PyPI)",
        version="3.13.1",
        licence="MIT",
        code="no contract; the transaction that its source makes",
        acts=acts,
        answers={
            "issuer": Answer("the sender, if the transaction's hash is known"),
            "time": Answer("its block"),
            "size": Answer(missing="a root only"),
            "batch": Answer(missing=_ELSEWHERE),
            "status": Answer(missing=_ELSEWHERE),
            "accreditation": Answer(missing="no record"),
            "key": Answer(missing=_PROFILE),
        },
    )
