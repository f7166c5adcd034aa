"""Erasing over HTTP: a learner's whole wallet, and what an issuer knows of a learner."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.answers import answers
from api.bodies import StrictRoute
from api.dependencies import ActingIssuer, OwnedWallet, SiteDep
from api.problems import Refusal
from api.wallets.erasing import Erased
from api.wallets.schemas import Id, Strict

router = APIRouter(tags=["Wallets"], route_class=StrictRoute)
issuer_router = APIRouter(tags=["Issuing"], route_class=StrictRoute)


class EraseIn(Strict):
    """The wallet's id once more: there is no way back."""

    erase: Id


class LearnerIn(Strict):
    """A learner, by e-mail address or by the issuer's own number."""

    email: Annotated[str | None, Field(min_length=3, max_length=254)] = None
    learner_id: Annotated[str | None, Field(min_length=1, max_length=100)] = None


class ErasedOut(BaseModel):
    """What is gone. `clean` is false where other work kept the files from being written anew; a later run does it."""

    credentials: int
    records: int
    addresses: int
    mails: int
    clean: bool


@router.delete("/v1/wallets/{wallet_id}", responses=answers(400, 401, 404, 409, 413, 415, 422))
def erase_wallet(wallet_id: OwnedWallet, wanted: EraseIn, site: SiteDep) -> ErasedOut:
    """Erases the wallet and everything in it, for good: take it along first (`export`).

    Credentials stay with the institutions that issued them, on whose side only they can forget you.
    """
    if wanted.erase != wallet_id:
        raise Refusal(422, "not_confirmed", "to erase a wallet, name it once more in “erase”")
    return erased_out(site.erasing.erase(wallet_id))


@issuer_router.post("/v1/issuers/{slug}/forgotten-learners", responses=answers(400, 401, 404, 409, 413, 415, 422))
def forget_learner(slug: ActingIssuer, wanted: LearnerIn, site: SiteDep) -> ErasedOut:
    """Forgets a learner on the issuer's side: documents, name, address, number. Revoking goes on by credential id."""
    if (wanted.email is None) == (wanted.learner_id is None):
        raise Refusal(422, "parameters", "name a learner by “email” or by “learner_id”")
    email = wanted.email.strip().lower() if wanted.email else None
    return erased_out(site.erasing.forget_learner(slug, email=email, learner_id=wanted.learner_id))


def erased_out(erased: Erased) -> ErasedOut:
    return ErasedOut(
        credentials=erased.credentials,
        records=erased.records,
        addresses=erased.addresses,
        mails=erased.mails,
        clean=erased.is_clean,
    )
