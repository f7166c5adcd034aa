"""All commands of the ledger on one application: importing this module is what puts them there."""

from ledger.cli import (
    copying,
    correcting,
    delivering,
    endorsing,
    exporting,
    identity,
    issuing,
    keeping,
    linting,
    registry,
    relaying,
    revoking,
    setting_up,
    sponsoring,
    status,
    verify,
    working,
)
from ledger.cli.app import app, run

__all__ = [
    "app",
    "copying",
    "correcting",
    "delivering",
    "endorsing",
    "exporting",
    "identity",
    "issuing",
    "keeping",
    "linting",
    "registry",
    "relaying",
    "revoking",
    "run",
    "setting_up",
    "sponsoring",
    "status",
    "verify",
    "working",
]
