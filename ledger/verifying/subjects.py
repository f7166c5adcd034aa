"""Are the credentials in a record one person's? The part of check 11 that is about records.

An endorsement in a record, such as a recognition decision, has a credential as its subject and belongs to nobody.
Credentials whose subjects have different identifiers of one kind, two DIDs or two e-mail addresses, belong to different
people. A DID beside an e-mail address proves nothing, nor does a URN, which issuers make anew for each credential; and
names prove nothing, since one person's name is spelt in many ways, and changes. But then nothing shows that the record
is one person's.

A publisher may say that several names and identifiers are one learner's, by giving them all as those of the record's
subject. Its word counts if an accreditor that the policy trusts recognised it, and the report says whose word it is.
That of a publisher whom nobody recognises is only shown.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import combinations

from ledger.documents.record import SAME_PERSON
from ledger.documents.strict_json import JsonObject, JsonValue
from ledger.verifying.dossier import Dossier
from ledger.verifying.report import Check, Outcome
from ledger.verifying.structure import Kind

_SHOWN = 20
_LONGEST = 300
_OF_PERSONS = frozenset({"did", "mailto", "http", "https"})
"""Schemes of identifiers of which two stand for two people, unless somebody says otherwise."""
SELF_PUBLISHED = "Its learner put it together and signed it alone: nobody else published it."
_NOBODY_VOUCHES = "nobody whom this check trusts vouches for that."
_EACH_BY_ITSELF = "Each credential in it has a verdict of its own; a record for each name would leave nothing open."


@dataclass(frozen=True)
class Voucher:
    """A recognised publisher, whose signature and place on the ledger are good. `accreditor` recognised it."""

    name: str
    accreditor: JsonValue


@dataclass(frozen=True)
class _Person:
    """Whom a document speaks of: the subject's identifier, the names that are given openly, other identifiers."""

    id: str | None
    names: tuple[str, ...]
    also: frozenset[str]


def check_subjects(record: Dossier, voucher: Voucher | None) -> Check:
    """Check 11 for a record. Codes: invalid `subject_mismatch`, indeterminate `subject_uncertain`, valid `vouched`."""
    document, *documents = [part.document for part in record.all() if part.kind is not Kind.ENDORSEMENT]
    return check_persons(document, documents, voucher)


def check_persons(record: JsonObject, credentials: Sequence[JsonObject], voucher: Voucher | None) -> Check:
    """The same before there is a record: `record` need have no more than the subject that it would have."""
    claimed, held = _person(record), [_person(credential) for credential in credentials]
    subjects = sorted({person.id for person in (claimed, *held) if person.id})
    names = sorted({name for person in (claimed, *held) for name in person.names})
    evidence: dict[str, JsonValue] = {"subjects": [*subjects[:_SHOWN]], "names": [*names[:_SHOWN]]}
    main = claimed.id or next(iter(subjects), None)
    others = [subject for subject in subjects if subject != main]
    if _contradict({main or "", *claimed.also}, {*others} - claimed.also):
        message = "The record mixes credentials of different people."
        return Check("holder", Outcome.INVALID, "subject_mismatch", message, evidence)
    if not others and _go_together(main, claimed, held):
        return Check("holder", Outcome.SKIPPED, "not_needed", "Nobody was asked to prove that it is theirs.", evidence)
    if voucher is not None and _are_all_claimed(claimed, held):
        evidence |= {"vouched_by": voucher.name, "accreditor": voucher.accreditor}
        message = f"The credentials are made out in several ways. {voucher.name} vouches that they are one learner's."
        return Check("holder", Outcome.VALID, "vouched", message, evidence)
    what = "gives one person several identifiers" if others else "names different people"
    rest = (
        _NOBODY_VOUCHES if _are_all_claimed(claimed, held) else "nothing shows that its credentials are one person's."
    )
    message = f"The record {what}, and {rest} {_EACH_BY_ITSELF}"
    return Check("holder", Outcome.INDETERMINATE, "subject_uncertain", message, evidence)


def is_self_published(record: Dossier) -> bool:
    """Whether a record's own subject put it together, and nobody else has any word in it."""
    subject = record.document.get("credentialSubject")
    named = subject.get("id") if isinstance(subject, dict) else None
    return record.kind is Kind.RECORD and record.anchor is None and named is not None and named == record.issuer_did


def _contradict(known: Set[str], others: Set[str]) -> bool:
    """Whether one of the other identifiers is of a kind of which a person has one, and that one is another."""
    for other in others:
        scheme = other.partition(":")[0].lower()
        if scheme in _OF_PERSONS and any(_is_other(one, other, scheme) for one in known | others):
            return True
    return False


def _is_other(one: str, other: str, scheme: str) -> bool:
    return one.casefold() != other.casefold() and one.partition(":")[0].lower() == scheme


def _go_together(main: str | None, claimed: _Person, held: Sequence[_Person]) -> bool:
    """Whether nothing speaks against one person: every name fits one that an issuer gives the main identifier or, where
    no issuer names that, all fit each other.
    """
    bound = [person for person in held if person.id is not None and person.id == main]
    tied = {name for person in bound for name in person.names}
    loose = {name for person in (claimed, *held) if person not in bound for name in person.names}
    if tied:
        return all(any(may_be_one_name(name, known) for known in tied) for name in loose)
    return all(may_be_one_name(one, other) for one, other in combinations(sorted(loose), 2))


def _are_all_claimed(claimed: _Person, held: Sequence[_Person]) -> bool:
    """Whether the record's subject has every name and identifier that its credentials have."""
    named = all(any(may_be_one_name(name, own) for own in claimed.names) for person in held for name in person.names)
    return named and all(person.id in (None, claimed.id) or person.id in claimed.also for person in held)


def may_be_one_name(one: str, other: str) -> bool:
    """Whether one name is the other with words left out or cut to initials: order, case, accents apart."""
    first, second = frozenset(_plain(one).split()), frozenset(_plain(other).split())
    return _is_short_for(first, second) or _is_short_for(second, first)


def _is_short_for(short: frozenset[str], full: frozenset[str]) -> bool:
    return all(word in full or (len(word) == 1 and any(w.startswith(word) for w in full)) for word in short)


def _plain(name: str) -> str:
    parts = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c if c.isalnum() else " " for c in parts if not unicodedata.combining(c))


def _person(document: JsonObject) -> _Person:
    subject = document.get("credentialSubject")
    if not isinstance(subject, dict):
        return _Person(None, (), frozenset())
    identifier = subject.get("id")
    return _Person(
        identifier[:_LONGEST] if isinstance(identifier, str) else None,
        tuple(_given(subject, "name")),
        frozenset(_given(subject, SAME_PERSON)),
    )


def _given(subject: JsonObject, kind: str) -> Iterator[str]:
    """The identities of one kind that are given openly (Open Badges 3.0, IdentityObject)."""
    entries = subject.get("identifier")
    for entry in entries if isinstance(entries, list) else [entries]:
        if isinstance(entry, dict) and entry.get("identityType") == kind and not entry.get("hashed"):
            value = entry.get("identityHash")
            if isinstance(value, str):
                yield value[:_LONGEST]
