"""What the site is told from outside: where it listens, what its links begin with, and how much it lets one caller do.

Everything comes from the environment (`CAIRN_…`) or from `cairn serve`'s options; nothing is read at import. What would
quietly lay the site open is refused at start.
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ledger.errors import WorkspaceError


class Settings(BaseSettings):
    """Configuration of the site. Rates count requests a minute of one caller; 0 switches a limit off.

    `worker` names this process among those that work on one PostgreSQL database; the same name after a restart takes
    its work up at once. `metrics_token` opens `/metrics`, which without one answers this machine alone.
    `allow_any_issuer` lets callers ask `/v1/verify` to judge documents of issuers that nobody knows; with `fetch`, the
    site fetches what documents that are brought to it name, which tells those addresses of the check.
    `listed_per_minute` counts rows of lists; `lists_megabytes` is what the lists of everybody may take up together.
    """

    model_config = SettingsConfigDict(env_prefix="CAIRN_", extra="ignore", frozen=True)

    data: Path = Path("data")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    worker: str | None = None
    trusted_proxies: str = ""
    metrics_token: SecretStr | None = Field(default=None, min_length=16)
    misses_per_minute: int = Field(default=20, ge=0, le=10_000)
    checks_per_minute: int = Field(default=60, ge=0, le=100_000)
    letters_per_minute: int = Field(default=6, ge=0, le=10_000)
    listed_per_minute: int = Field(default=1_000, ge=0, le=1_000_000)
    lists_megabytes: int = Field(default=2_000, ge=1, le=1_000_000)
    allow_any_issuer: bool = False
    fetch: bool = False


def load_settings(**values: object) -> Settings:
    """Settings from the environment, with `values` over it. Raises WorkspaceError (`settings`) in one sentence."""
    given = {name: value for name, value in values.items() if value is not None}
    try:
        return Settings.model_validate({**Settings().model_dump(), **given})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise WorkspaceError("settings", f"the setting {place} cannot be used: {first['msg']}") from error


def safe_base(settings: Settings, base: str) -> str:
    """`base`, if links of a site with these settings may begin with it. It is never taken from a request.

    Raises WorkspaceError (`settings`) for an address that cannot be used, and for combinations that lay the site open:
    a share link is a key, and over plain http everyone on the way reads it.
    """
    parts = urlsplit(base)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise WorkspaceError("settings", "the address that links begin with must be an http or https address")
    if parts.path:
        raise WorkspaceError("settings", "the address that links begin with must have no path and no trailing slash")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise WorkspaceError("settings", "links must begin with https: over http everyone on the way can read them")
    if not is_loopback(settings.host):
        if is_loopback(parts.hostname):
            raise WorkspaceError(
                "settings", "a host that others can reach needs CAIRN_PUBLIC_BASE, the https address of this site"
            )
        rates = (settings.misses_per_minute, settings.checks_per_minute, settings.letters_per_minute)
        if 0 in (*rates, settings.listed_per_minute):
            raise WorkspaceError("settings", "rate limits can be off on the loopback address only")
    return base


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a listener on that host."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
