"""All commands of the ledger on one application: importing this module is what puts them there."""

from ledger.cli import issuing, setting_up, verify
from ledger.cli.app import app, run

__all__ = ["app", "issuing", "run", "setting_up", "verify"]
