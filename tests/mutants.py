"""Damage to good documents, drawn from a random source: what must never pass as valid again.

A mutant differs from its document in meaning, or in its proofs. `is_harmless` says for which differences a verifier may
still say valid: none but those among proofs that stand for themselves.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from random import Random
from typing import Any

import orjson

from ledger.documents.strict_json import JsonObject
from tests.world import proofs_of

Path = tuple[str | int, ...]
Harmless = Callable[[JsonObject, JsonObject], bool]

CAIRN_SUITES = ("eddsa-rdfc-2022", "eddsa-jcs-2022", "cairn-anchor-2026")
OTHER_KINDS: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, "", "x", [], {}, [[]], ["x"], [{}], {"@context": []}, {"id": "x"}),
)
_LOOK_ALIKES = str.maketrans("aceopxyABCEHKMOPTXi", "асеорхуАВСЕНКМОРТХі")


def paths(value: Any, here: Path = ()) -> Iterator[Path]:
    """Every place in a document but its root."""
    entries: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield (*here, key)
        yield from paths(inner, (*here, key))


def at(document: Any, path: Path) -> Any:
    for key in path:
        document = document[key]
    return document


def replaced(document: JsonObject, path: Path, value: Any) -> JsonObject:
    changed: JsonObject = orjson.loads(orjson.dumps(document))
    at(changed, path[:-1])[path[-1]] = value
    return changed


def without(document: JsonObject, path: Path) -> JsonObject:
    changed: JsonObject = orjson.loads(orjson.dumps(document))
    del at(changed, path[:-1])[path[-1]]
    return changed


def changes(document: JsonObject, path: Path) -> list[Callable[[], JsonObject]]:
    """Makes the document with the value at `path` taken out, replaced, altered, doubled, exchanged: a mutant each."""
    value = at(document, path)
    others = [other for other in OTHER_KINDS if other != value or type(other) is not type(value)]
    here = [*others, *_altered(value), [value], {"id": value}]
    found: list[Callable[[], JsonObject]] = [partial(without, document, path)]
    found += [partial(replaced, document, path, other) for other in here]
    parent = at(document, path[:-1])
    if isinstance(parent, list):
        found.append(partial(replaced, document, path[:-1], [*parent, value]))
        if parent[::-1] != parent:
            found.append(partial(replaced, document, path[:-1], parent[::-1]))
    else:
        found.append(partial(replaced, document, (*path[:-1], f"{path[-1]}x"), value))
    return found


def _altered(value: Any) -> list[str]:
    """A text in other spellings: longer, shorter, in another case, composed in another way, with look-alikes."""
    if not isinstance(value, str):
        return []
    spellings = (
        *(value + " ", value[:-1], value.swapcase(), value[::-1], value[:-1] + "A", value + "\u200b"),
        *(unicodedata.normalize(form, value) for form in ("NFC", "NFD", "NFKC")),
        *(value.translate(_LOOK_ALIKES), value.replace("o", "0"), value.replace("-", "\u2010"), value.strip()),
    )
    return sorted({spelling for spelling in spellings if spelling != value})


def is_harmless(document: JsonObject, mutant: JsonObject) -> bool:
    """A document may lose a signature as long as it keeps one, have its proofs in another order, or others beside them:
    each proof stands for itself. All else must be the same."""
    if {**mutant, "proof": None} != {**document, "proof": None} or "proof" not in mutant:
        return False
    proofs = mutant["proof"] if isinstance(mutant["proof"], list) else [mutant["proof"]]
    known = proofs_of(document)
    signatures = [proof for proof in proofs if proof in known[:-1]]
    anchors = [proof for proof in proofs if proof == known[-1]]
    others = [proof for proof in proofs if proof not in known]
    return bool(signatures) and len(anchors) == 1 and all(_is_passed_over(proof) for proof in others)


def _is_passed_over(proof: Any) -> bool:
    """Whether a proof is one of no suite that a verifier of Cairn's knows."""
    return isinstance(proof, dict) and (
        proof.get("type") != "DataIntegrityProof" or proof.get("cryptosuite") not in CAIRN_SUITES
    )


@dataclass(frozen=True)
class Mutator:
    """Draws mutants of one document. `others` are good documents too, from which parts are transplanted."""

    document: JsonObject
    others: Sequence[JsonObject]

    @cached_property
    def _places(self) -> list[Path]:
        return list(paths(self.document))

    def draw(self, random: Random) -> bytes:
        """The bytes of a mutant. They may be no JSON any more, and may say the same as the document."""
        kinds = (self._at_one_place, self._at_several_places, self._transplanted, self._with_other_proofs)
        if random.random() < 0.15:
            return self._with_damaged_bytes(random)
        return orjson.dumps(random.choice(kinds)(random))

    def _at_one_place(self, random: Random, document: JsonObject | None = None) -> JsonObject:
        document = document or self.document
        places = self._places if document is self.document else list(paths(document))
        return random.choice(changes(document, random.choice(places)))() if places else {}

    def _at_several_places(self, random: Random) -> JsonObject:
        mutant = self.document
        for _ in range(random.randint(2, 4)):
            mutant = self._at_one_place(random, mutant)
        return mutant

    def _transplanted(self, random: Random) -> JsonObject:
        """A part of another good document in the place of the same part, or of any."""
        other, path = random.choice(self.others), random.choice(self._places)
        try:
            part = at(other, path) if random.random() < 0.7 else at(other, random.choice(list(paths(other))))
        except (KeyError, IndexError, TypeError):
            part = other
        return replaced(self.document, path, part)

    def _with_other_proofs(self, random: Random) -> JsonObject:
        """Proofs left out, doubled, in another order, from other documents, or with a member of another proof."""
        pool = [*proofs_of(self.document), *proofs_of(random.choice(self.others))]
        proofs: list[Any] = random.choices(pool, k=random.randint(1, 4))
        if random.random() < 0.5:
            one, two = random.choice(proofs), random.choice(pool)
            name = random.choice(sorted(two))
            proofs.append({**one, name: two[name]})
        return {**self.document, "proof": proofs if random.random() < 0.9 else proofs[0]}

    def _with_damaged_bytes(self, random: Random) -> bytes:
        damaged = bytearray(orjson.dumps(self.document))
        for _ in range(random.randint(1, 3)):
            position = random.randrange(len(damaged))
            match random.randrange(4):
                case 0:
                    damaged[position] ^= 1 << random.randrange(8)
                case 1:
                    del damaged[position]
                case 2:
                    damaged.insert(position, damaged[position])
                case _:
                    damaged[position] = random.randrange(256)
        return bytes(damaged)
