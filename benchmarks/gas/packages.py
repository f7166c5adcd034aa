"""The published packages: installed from the lock, and read. No code of theirs runs here but their contracts'."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
_MODULES = HERE / "node_modules"
_INSTALL = ("npm", "ci", "--prefix", str(HERE), "--ignore-scripts", "--no-audit", "--no-fund")


class BenchmarkFailed(Exception):
    """Something that the benchmark needs is missing or did not do what it should; the message says what."""


@dataclass(frozen=True)
class Package:
    """A package as it is installed."""

    name: str
    version: str
    licence: str

    @property
    def folder(self) -> Path:
        return _MODULES / self.name


def install() -> None:
    """Installs what is missing. Raises `BenchmarkFailed`."""
    wanted = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    if all((_MODULES / name / "package.json").exists() for name in wanted):
        return
    try:
        done = subprocess.run(_INSTALL, capture_output=True, text=True, check=False, timeout=600)
    except OSError as error:
        raise BenchmarkFailed(f"cannot run npm: {error}") from error
    if done.returncode != 0:
        raise BenchmarkFailed(f"npm could not install the contracts: {done.stderr.strip()[-500:]}")


def installed(name: str) -> Package:
    """Raises `BenchmarkFailed` unless it is there."""
    try:
        manifest = json.loads((_MODULES / name / "package.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise BenchmarkFailed(f"{name} is not installed") from error
    return Package(name, manifest["version"], manifest["license"])


def code_in_artifact(package: Package, path: str) -> bytes:
    """The creation code in a hardhat artifact."""
    artifact = json.loads((package.folder / path).read_text(encoding="utf-8"))
    return bytes.fromhex(artifact["bytecode"].removeprefix("0x"))


def code_in_factory(package: Package, path: str, contract: str) -> bytes:
    """The creation code in a TypeChain factory: the constant that its constructor hands on."""
    source = (package.folder / path).read_text(encoding="utf-8")
    factory = re.search(rf"class {contract}__factory extends.*?super\(\S+, (\S+), args\[0\]\)", source, re.DOTALL)
    code = factory and re.search(rf'const {re.escape(factory[1])} = "0x([0-9a-f]+)"', source)
    if not code:
        raise BenchmarkFailed(f"{package.name} has no byte-code of {contract} in {path}")
    return bytes.fromhex(code[1])


def compiler(code: bytes) -> str:
    """The version of solc, from the metadata that it put at the end of the code. Raises `BenchmarkFailed`."""
    found = list(re.finditer(rb"dsolcC(...)\x00.", code, re.DOTALL))
    if not found:
        raise BenchmarkFailed("the byte-code does not say which compiler made it")
    return "solc " + ".".join(str(part) for part in found[-1][1])
