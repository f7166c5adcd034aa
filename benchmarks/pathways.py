"""How long it takes to evaluate 200 pathways over what one learner holds: 500 credentials of 40 issuers.

    .venv/bin/python -m benchmarks.pathways

The pathways have every kind of rule: lists in order, some of a list, sums of credits with a portion at a higher level,
limits on what comes from elsewhere, prerequisites, substitutes, recognised credits, capstones, groups that overlap.
CPU time: the first time pathways are laid out, which is kept.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from hashlib import sha256

from api.serving import collect_seldom
from ledger.documents.recognition import Recognition
from ledger.stacking.evaluation import Evaluation, evaluate
from ledger.stacking.held import HeldCredential
from ledger.stacking.pathway import Component, Pathway, Substitute
from ledger.stacking.rules import AllOf, CreditsOf, Demands, MinimumLevel, OutsideLimit, Portion, Rule, SomeOf

CREDENTIALS, ISSUERS, PATHWAYS, ROUNDS = 500, 40, 200, 7
DAY = date(2026, 1, 1)
HIGH = MinimumLevel("NZQCF", 8)


def did(number: int) -> str:
    return f"did:web:issuer-{number % ISSUERS}.example"


def achievement(number: int) -> str:
    return f"https://issuer-{number % ISSUERS}.example/achievements/{number}"


def credential(number: int) -> HeldCredential:
    """Every tenth repeats an achievement."""
    about = number if number % 10 else number + 1
    return HeldCredential(
        achievement_id=achievement(about),
        credential_id=f"urn:uuid:{number}",
        issuer_did=did(about),
        awarded_on=DAY + timedelta(days=number),
        digest=sha256(str(number).encode()).digest(),
        credits=(("NZQCF", (5.0, 10.0, 15.0, 20.0)[about % 4]),),
        levels=(("NZQCF", 7 + about % 2),),
        title=f"Credential {number}",
    )


def recognition(held: HeldCredential, pathway: Pathway) -> Recognition:
    return Recognition(
        recogniser_did=pathway.issuer_did,
        credential_id=held.credential_id,
        credential_digest=held.digest,
        credits=15.0,
        framework="NZQCF",
        level=8,
        level_framework="NZQCF",
        pathway_id=pathway.id,
        achievement_id=None,
        endorsement_id=f"urn:recognition:{held.credential_id}",
        endorsement_digest=held.digest,
        valid_from=DAY,
        valid_until=None,
    )


def in_order(names: Sequence[str]) -> tuple[Rule, str]:
    return AllOf(tuple(names[:9]), in_order=True), "nine in order"


def some(names: Sequence[str]) -> tuple[Rule, str]:
    return SomeOf(tuple(names), 6), "six of twenty"


def credits_of(names: Sequence[str]) -> tuple[Rule, str]:
    return CreditsOf(tuple(names), 120, "NZQCF", (Portion(60, HIGH),), recognised=True), "120 credits, half at level 8"


def groups(names: Sequence[str]) -> tuple[Rule, str]:
    """Three groups that share components."""
    first, second = SomeOf(tuple(names[:10]), 4), SomeOf(tuple(names[5:15]), 4)
    return AllOf((first, second, CreditsOf(tuple(names[8:20]), 40, "NZQCF"))), "groups that overlap"


def stages(names: Sequence[str]) -> tuple[Rule, str]:
    """Three groups, each after the one before."""
    first, second = SomeOf(tuple(names[:7]), 4), SomeOf(tuple(names[7:14]), 4)
    return AllOf((first, second, CreditsOf(tuple(names[14:20]), 40, "NZQCF")), in_order=True), "groups in order"


KINDS: tuple[Callable[[Sequence[str]], tuple[Rule, str]], ...] = (in_order, some, credits_of, groups, stages)


def pathway(number: int) -> tuple[Pathway, str]:
    """A pathway over twenty achievements in a row, of which the learner lacks a few in every second one."""
    first = number * 2 + (60 if number % 2 else 0)
    numbers = [at if at % 10 else at + 1000 for at in range(first, first + 20)]
    rule, kind = KINDS[number % len(KINDS)]([achievement(at) for at in numbers])
    named = dict.fromkeys(rule.achievement_ids)
    components = [
        Component(
            achievement(at),
            did(at),
            after=(achievement(numbers[0]),) if at == numbers[3] else (),
            substitutes=(Substitute(achievement(at + 40), did(at)),) if at % 7 == 0 else (),
            demands=Demands(maximum_age="P5Y") if at % 3 == 0 else Demands(),
        )
        for at in numbers
        if achievement(at) in named
    ]
    is_sum = isinstance(rule, CreditsOf)
    whole = Pathway(
        id=f"https://issuer-{number % ISSUERS}.example/pathways/{number}/1",
        version=1,
        title=kind,
        issuer_did=did(number),
        award_id=f"https://issuer-{number % ISSUERS}.example/achievements/award-{number}",
        components=(*components, Component(achievement(499), did(499))) if number % 7 == 0 else tuple(components),
        rule=rule,
        capstone=achievement(499) if number % 7 == 0 else None,
        outside_limit=OutsideLimit(credits=90, framework="NZQCF") if is_sum else None,
        recognised_by=(did(number),) if is_sum else (),
    )
    return whole, kind


def main() -> None:
    collect_seldom()  # as the server does
    held = [credential(number) for number in range(CREDENTIALS)]
    pathways = [pathway(number) for number in range(PATHWAYS)]
    sums = [one for one, _ in pathways if isinstance(one.rule, CreditsOf)]
    recognitions = [recognition(held[number * 3 % CREDENTIALS], one) for number, one in enumerate(sums)]
    on = DAY + timedelta(days=CREDENTIALS)

    def run() -> list[Evaluation]:
        return [evaluate(one, held, recognitions=recognitions, on=on) for one, _ in pathways]

    begun = time.process_time()
    evaluations = run()
    first = time.process_time() - begun
    rounds = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        run()
        rounds.append(time.process_time() - begun)
    print(f"{PATHWAYS} pathways over {CREDENTIALS} credentials of {ISSUERS} issuers, {len(recognitions)} recognitions")
    print(f"  first time          {first * 1e3:8.1f} ms")
    print(f"  again, median of {ROUNDS}  {statistics.median(rounds) * 1e3:8.1f} ms   (wanted: 200 ms)")
    print(f"  again, best         {min(rounds) * 1e3:8.1f} ms")
    for kind in dict.fromkeys(kind for _, kind in pathways):
        of_kind = [found for found, (_, other) in zip(evaluations, pathways, strict=True) if other == kind]
        met = sum(found.satisfied for found in of_kind)
        print(f"  {kind:32} {len(of_kind):4} pathways, {met:3} met, all decided: {all(one.decided for one in of_kind)}")


if __name__ == "__main__":
    main()
