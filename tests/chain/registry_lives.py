"""Random lives of a registry: any act by anybody, likely ones more often, on the contract and on its model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar, cast

from ledger.chain.accounts import dev_addresses
from ledger.chain.registry import (
    FOREVER,
    AcceptAdmin,
    Accredit,
    AddKey,
    Address,
    AnchorBatch,
    Authorization,
    CancelNonce,
    CloseKey,
    EndAccreditation,
    IssuerId,
    ProposeAdmin,
    Reason,
    RegisterIssuer,
    RegistryCall,
    Role,
    SetOperator,
    SetStatus,
    SponsorableCall,
    SponsoredCall,
    StatusAction,
    WithdrawBatch,
)
from tests.chain.arenas import NEARLY_ALL_KEYS, WALLET, Arena, in_model, key_of
from tests.chain.forgeries import FORGERIES, signed
from tests.chain.registry_views import compare_everything
from tests.registry_model import NOBODY, Issuer, issuer_id_of

Thing = TypeVar("Thing")

SENDERS = range(6)
UNKNOWN = IssuerId(b"\x09" * 32)
DIDS = ("did:web:a.example", "did:web:b.example", "did:web:ü.example", "", "x" * 257)
KEYS = (*(key_of(NEARLY_ALL_KEYS + n) for n in range(4)), key_of(0), bytes(32))
ROOTS = (*(bytes([n]) * 32 for n in range(1, 5)), bytes(32))
WORDS = (0, 1, 2**64 - 1)
MASKS = (1, 2, 3, 2**255, 2**256 - 1, 0)
NONCES = (0, 1, 255, 256, 2**255 + 7)
SOON = 100_000
LIKELY = 6 / 7


class Draw:
    """Choices that follow from a seed."""

    def __init__(self, seed: bytes) -> None:
        self._random = Random(seed)  # noqa: S311 - chance, not secrecy

    def of(self, things: Sequence[Thing]) -> Thing:
        return self._random.choice(things)

    def mostly(self, likely: Sequence[Thing], others: Sequence[Thing]) -> Thing:
        """One of the likely in six of seven cases, if there is any."""
        return self.of(likely if likely and self._random.random() < LIKELY else others)


class Life:
    """One sequence. Eight bytes make it, and each act follows from them, from its number and from what was before: so
    that it can be lived again, also without some of its acts.
    """

    def __init__(self, arena: Arena, seed: bytes) -> None:
        """Somebody registers, and has two operators with both roles."""
        number, before = arena.begin()
        self.arena = arena
        self.seed = seed
        self.now = before + 1
        self.model = arena.model
        self.suffix = f":{number}" if number else ""
        self.first_nonce = number * 1_000
        self.known = [] if number else list(self.model.issuers)
        self.issuers: list[IssuerId] = []
        self.sent: list[SponsoredCall] = []
        self.log: list[str] = []
        drawn = Draw(seed)
        creator = drawn.of(SENDERS)
        self.do(RegisterIssuer(DIDS[0] + self.suffix), creator)
        for account in (drawn.of(dev_addresses()[1:3]), WALLET):
            self.do(SetOperator(self.issuers[0], account, Role.ANCHOR | Role.REVOKE, 0), creator)

    def act(self, number: int) -> None:
        """Any act by anybody, or a while in which nothing happens."""
        drawn = Draw(self.seed + number.to_bytes(4, "big"))
        drawn.of(ACTS)(self, drawn)

    def end(self) -> None:
        """Everything that can be read is the same, and so is what the events tell."""
        self.arena.statistics.sequences += 1
        compare_everything(self.arena, self.now, [*self.issuers, UNKNOWN], ROOTS, dev_addresses()[:6])

    def do(self, call: RegistryCall, sender: int) -> None:
        """The act on both: the same comes of it."""
        address = dev_addresses()[sender]
        outcome, block = self.arena.act(call, sender, self.now)
        expected = in_model(self.model, call, address, self.now, block)
        self.log.append(f"at {self.now} account {sender}: {call} -> {outcome}")
        assert outcome == expected
        if isinstance(call, RegisterIssuer) and outcome is None:
            self.issuers.append(issuer_id_of(address, call.did.encode()))
        self.arena.statistics.count(call, outcome)
        self.now += 1

    # --- what acts are made of ---

    def issuer(self, drawn: Draw) -> IssuerId:
        return drawn.mostly(self.issuers, [UNKNOWN, *self.known])

    def operated(self, drawn: Draw) -> IssuerId:
        return drawn.mostly([one for one in self.issuers if self.record(one).operators], [self.issuer(drawn)])

    def record(self, issuer: IssuerId) -> Issuer:
        return self.model.issuers.get(issuer) or Issuer(NOBODY, b"", 0)

    def sender(self, drawn: Draw, *likely: Address) -> int:
        return drawn.mostly([number for number in SENDERS if dev_addresses()[number] in likely], SENDERS)

    def moment(self, drawn: Draw, *near: int) -> int:
        """A time that means something: just before, at and after others, later, the ends of time."""
        moments = [at + by for at in near for by in (-1, 0, 1) if 0 <= at + by <= FOREVER]
        return drawn.of([*moments, self.now + 50, int(FOREVER), 0])

    def nonce(self, drawn: Draw) -> int:
        return self.first_nonce + int(drawn.of(NONCES))

    # --- acts of admins and accreditors ---

    def register(self, drawn: Draw) -> None:
        did = drawn.of(DIDS)
        self.do(RegisterIssuer(did + (self.suffix if 0 < len(did) < 200 else "")), drawn.of(SENDERS))

    def propose_admin(self, drawn: Draw) -> None:
        issuer = self.issuer(drawn)
        pending = drawn.of([*dev_addresses()[:6], NOBODY])
        self.do(ProposeAdmin(issuer, pending), self.sender(drawn, self.record(issuer).admin))

    def accept_admin(self, drawn: Draw) -> None:
        issuer = self.issuer(drawn)
        self.do(AcceptAdmin(issuer), self.sender(drawn, self.record(issuer).pending_admin))

    def set_operator(self, drawn: Draw) -> None:
        issuer = self.issuer(drawn)
        account = drawn.of([*dev_addresses()[:4], WALLET])
        roles = cast("Role", drawn.of([3, 3, 3, 3, 1, 2, 0, 4, 255]))
        valid_from = drawn.mostly([0, self.now, self.now + 1], [self.moment(drawn, self.now)])
        valid_until = drawn.mostly([FOREVER, self.now + 9], [self.moment(drawn, self.now, valid_from)])
        call = SetOperator(issuer, account, roles, valid_from, valid_until)
        self.do(call, self.sender(drawn, self.record(issuer).admin))

    def add_key(self, drawn: Draw) -> None:
        issuer = drawn.of([*self.issuers, UNKNOWN, *self.known * 3])
        self.do(AddKey(issuer, drawn.of(KEYS)), self.sender(drawn, self.record(issuer).admin))

    def close_key(self, drawn: Draw) -> None:
        issuer = self.issuer(drawn)
        key = drawn.mostly(list(self.record(issuer).keys)[-3:], KEYS)
        period = self.record(issuer).keys.get(key)
        until = self.moment(drawn, self.now, *((period.valid_from, period.valid_until) if period else ()))
        self.do(CloseKey(issuer, key, until), self.sender(drawn, self.record(issuer).admin))

    def accredit(self, drawn: Draw) -> None:
        scope = drawn.of([bytes(32), b"\x05" * 32])
        issuer = self.issuer(drawn)
        sender = self.sender(drawn, *self.record(issuer).accreditations)
        self.do(Accredit(issuer, self.moment(drawn, self.now), scope), drawn.mostly([sender], [3, 4]))

    def end_accreditation(self, drawn: Draw) -> None:
        issuer = self.issuer(drawn)
        self.do(EndAccreditation(issuer), self.sender(drawn, *self.record(issuer).accreditations))

    # --- acts of operators ---

    def anchoring(self, drawn: Draw) -> AnchorBatch:
        size = drawn.mostly([1, 1_000, 2**32 - 1], [0])
        return AnchorBatch(self.operated(drawn), drawn.mostly(ROOTS[:-1], ROOTS), size)

    def withdrawal(self, drawn: Draw) -> WithdrawBatch:
        issuer = self.operated(drawn)
        root = drawn.mostly(list(self.record(issuer).anchors), ROOTS)
        return WithdrawBatch(issuer, root, cast("Reason", drawn.mostly([1, 2, 3, 4, 5], [0, 6, 255])))

    def status_change(self, drawn: Draw) -> SetStatus:
        issuer = self.operated(drawn)
        suspended = sorted({index // 256 for index in self.record(issuer).suspended})
        action = drawn.of([*StatusAction, *[StatusAction.REINSTATE] * 3] if suspended else list(StatusAction))
        reason = drawn.mostly([0] if action is StatusAction.REINSTATE else [1, 5], [0, 1, 6, 255])
        words = suspended if action is StatusAction.REINSTATE and suspended else WORDS
        entries = tuple((drawn.of(words), drawn.mostly(MASKS[:-1], MASKS)) for _ in range(drawn.of([1, 1, 2, 3])))
        return SetStatus(issuer, action, reason, drawn.mostly([entries], [(), ((0, 1),) * 257]))

    def operate(self, drawn: Draw) -> None:
        act = drawn.of(OPERATIONS)(self, drawn)
        self.do(act, self.sender(drawn, *self.record(act.issuer_id).operators))

    def cancel_nonce(self, drawn: Draw) -> None:
        self.do(CancelNonce(self.nonce(drawn)), drawn.of([1, 2]))

    # --- acts for which others pay ---

    def sponsor(self, drawn: Draw) -> None:
        act = drawn.of(OPERATIONS)(self, drawn)
        operator = drawn.mostly(list(self.record(act.issuer_id).operators), [*dev_addresses()[:4], WALLET])
        nonce = self.nonce(drawn)
        deadline = drawn.mostly([FOREVER, self.now, self.now + 9], [self.now - 1, 0])
        forgery = drawn.mostly(["none"], FORGERIES)
        signature = signed(self.arena, SponsoredCall(act, Authorization(operator, nonce, deadline, b"")), forgery)
        call = SponsoredCall(act, Authorization(operator, nonce, deadline, signature))
        self.sent.append(call)
        self.do(call, drawn.of(SENDERS))

    def send_again(self, drawn: Draw) -> None:
        """What was signed once is submitted once more, by anybody."""
        if self.sent:
            self.do(drawn.of(self.sent), drawn.of(SENDERS))

    def wait(self, drawn: Draw) -> None:
        """Until a moment at which something begins or ends, or long."""
        ends = {moment for issuer in self.issuers for moment in moments_of(self.record(issuer))}
        ends |= {call.authorization.deadline for call in self.sent}
        coming = sorted(at for end in ends for at in (end, end + 1) if self.now < at < self.now + SOON)
        self.now = drawn.of([*coming, self.now + 1_000])


ACTS = (
    *(Life.operate,) * 5,
    *(Life.sponsor,) * 5,
    *(Life.set_operator,) * 2,
    *(Life.add_key,) * 2,
    *(Life.accredit,) * 2,
    *(Life.close_key,) * 2,
    Life.register,
    Life.propose_admin,
    Life.accept_admin,
    Life.end_accreditation,
    Life.cancel_nonce,
    Life.send_again,
    Life.wait,
)
OPERATIONS: tuple[Callable[[Life, Draw], SponsorableCall], ...] = (
    Life.anchoring,
    Life.withdrawal,
    Life.status_change,
)


def moments_of(issuer: Issuer) -> set[int]:
    """When something that is known of an issuer begins or ends."""
    periods = [*issuer.operators.values(), *issuer.keys.values()]
    periods += [one for listed in issuer.accreditations.values() for one in listed]
    return {moment for period in periods for moment in (period.valid_from, period.valid_until)}
