"""A group of commands whose first word may be left out: `cairn award PATHWAY` is `cairn award draft PATHWAY`."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

DEFAULT = "draft"
_HELP = {"-h", "--help"}


class WithDefaultCommand(TyperGroup):
    """What names no command of the group is for its command `draft`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in _HELP:
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)
