"""Compiles mutants and runs the contract's tests on them, in a copy of `contracts` outside the repository.

The tests are compiled once: in the copy they deploy the code that the environment variable MUTANT holds, instead of
compiling the contract with them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.build_artifacts import CONTRACT, CONTRACTS, SOURCES, compiler_settings, run_compiler

DEPLOYER = """// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";

interface Environment {
    function envBytes(string calldata name) external view returns (bytes memory);
}

library Mutant {
    function deploy() internal returns (ICredentialRegistry registry) {
        bytes memory code = Environment(address(uint160(uint256(keccak256("hevm cheat code"))))).envBytes("MUTANT");
        assembly ("memory-safe") {
            registry := create(0, add(code, 0x20), mload(code))
        }
    }
}
"""
SETTINGS = {
    "ast = true": "ast = false",
    'deny = "warnings"': 'deny = "never"',
    "gas_snapshot_check = true": "gas_snapshot_check = false\ncode_size_limit = 1_000_000",
}
"""Code that is not optimised compiles in a fifth of the time, and is longer than a chain would take; so are tests."""

MISTAKES = {"DeclarationError", "DocstringParsingError", "ParserError", "SyntaxError", "TypeError"}
"""What solc calls an error of the source; any other is its own."""

UNIT = ("--no-match-contract", "Gas|Handler|Invariant")
STATEFUL = ("--match-contract", "Handler|Invariant")


class TrialFailed(Exception):
    """The tools did not answer as they should; the message is what they said."""


@dataclass(frozen=True)
class Round:
    """One run of forge: which tests, how many cases of each fuzz test and campaign, and a bound in seconds.

    The bound is one of processor time: on a busy machine a slow answer must not pass for none.
    """

    tests: tuple[str, ...]
    fuzz_runs: int
    campaigns: int
    seconds: int


PATIENCE = 30
"""A run that does not even use its processor time ends after so many times its bound."""

QUICK = Round(UNIT, 4, 0, 60)
THOROUGH = (Round(UNIT, 32, 0, 300), Round(STATEFUL, 4, 1, 300))

NEAREST = {
    "": "SetStatus|RegisterIssuer|AddKey",
    "_requireAdmin": "ProposeAdmin",
    "_requireOperator": "Anchor",
    "_change": "SetStatus",
    "_isReason": "SetStatus|Withdraw",
    "_keysOf": "AddKey|CloseKey|Getters",
    "_issuerState": "States",
    "_readCredential": "States",
    "_isSet": "States",
    "_now": "RegisterIssuer",
    "_hashNode": "IsIncluded",
    "hashLeaf": "Check",
    "issuerOf": "RegisterIssuer",
    "operatorOf": "SetOperator",
    "keysOf": "AddKey",
    "anchorOf": "Anchor",
    "statusWord": "SetStatus",
    "accreditationCount": "Accredit",
    "accreditationByIndex": "Accredit",
    "isValidSignature": "Eip712Domain|ContractAccount",
    "_spend": "AnchorFor|Signature",
    "_spendNonce": "CancelNonce|AnchorFor",
    "_nonceBit": "IsNonceSpent|CancelNonce",
    "_domainSeparator": "AnchorFor",
    "_isSignedBy": "AnchorFor|ContractAccount|Signature",
    "_recover": "AnchorFor|Signature",
    "_isApprovedBy": "ContractAccount",
}
"""The suites that most likely notice a change of a function, where they are not those of its own name."""


def nearest(function: str) -> Round:
    """The suites to try first: most mutants die there, and need no others."""
    bare = function.lstrip("_")
    suites = NEAREST.get(function, f"{bare[:1].upper()}{bare[1:]}")
    return Round(("--match-contract", f"^({suites})(For)?Test$"), 4, 0, 60)


class Workshop:
    """A copy of the contract's tests, made and compiled once for what they are now."""

    def __init__(self) -> None:
        self.sources = {path: (CONTRACTS / path).read_text(encoding="utf-8") for path in SOURCES}
        self.folder = Path(tempfile.gettempdir()) / f"cairn-mutation-{_fingerprint()[:12]}"
        self._local = threading.local()

    def prepare(self) -> None:
        """Copies and compiles the tests, unless an earlier run did. Raises TrialFailed."""
        if (self.folder / "ready").exists():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in ("src", "test"):
            shutil.copytree(CONTRACTS / name, self.folder / name)
        settings = (CONTRACTS / "foundry.toml").read_text(encoding="utf-8")
        for before, after in SETTINGS.items():
            settings = settings.replace(before, after)
        (self.folder / "foundry.toml").write_text(settings, encoding="utf-8")
        self._write_compiler()
        self._deploy_from_environment()
        result = self._forge(("build",), {}, 900)
        if result is None or result.returncode != 0:
            raise TrialFailed(f"the copy of the tests does not compile:\n{result and result.stdout}")
        (self.folder / "ready").touch()

    def _write_compiler(self) -> None:
        """forge asks for the compiler's version before each run, and loading solc for that takes longer than tests."""
        (self.folder / "bin").mkdir()
        (self.folder / "bin" / "version").write_text(run_compiler("--version"), encoding="utf-8")
        script = self.folder / "bin" / "solc"
        real = CONTRACTS / "bin" / "solc"
        script.write_text(
            f'#!/bin/sh\ncase "$1" in --version) cat "${{0%solc}}version" ;; *) exec "{real}" "$@" ;; esac\n'
        )
        script.chmod(0o755)

    def _deploy_from_environment(self) -> None:
        tests = self.folder / "test"
        (tests / "Mutant.sol").write_text(DEPLOYER, encoding="utf-8")
        for path in tests.rglob("*.sol"):
            source = path.read_text(encoding="utf-8")
            if f"new {CONTRACT}()" in source:
                here = "../" * (len(path.relative_to(tests).parts) - 1) or "./"
                line = f'import {{Mutant}} from "{here}Mutant.sol";'
                source = re.sub(rf'import {{{CONTRACT}}} from "[^"]*";', line, source)
                path.write_text(source.replace(f"new {CONTRACT}()", "Mutant.deploy()"), encoding="utf-8")

    def compile(self, path: str, source: str, *, optimized: bool) -> str | None:
        """The code that creates the contract with this one file changed, as hex; None if it does not compile."""
        sources = {**self.sources, path: source}
        settings = compiler_settings()
        settings["optimizer"]["enabled"] = optimized
        request = {
            "language": "Solidity",
            "sources": {name: {"content": content} for name, content in sources.items()},
            "settings": {**settings, "outputSelection": {SOURCES[0]: {CONTRACT: ["evm.bytecode.object"]}}},
        }
        answer = self._compiler().ask(request)
        errors = [problem for problem in answer.get("errors", ()) if problem["severity"] == "error"]
        if any(problem["type"] not in MISTAKES for problem in errors):
            raise TrialFailed(f"the compiler failed: {errors[0]['formattedMessage']}")
        if errors:
            return None
        return "0x" + str(answer["contracts"][SOURCES[0]][CONTRACT]["evm"]["bytecode"]["object"])

    def killer(self, code: str, trial: Round) -> str | None:
        """The test that fails for this code, "no answer in time", or None if all pass. Raises TrialFailed."""
        environment = {
            "MUTANT": code,
            "FOUNDRY_FUZZ_RUNS": str(trial.fuzz_runs),
            "FOUNDRY_INVARIANT_RUNS": str(trial.campaigns),
        }
        result = self._forge(("test", "--threads", "1", "--fail-fast", *trial.tests), environment, trial.seconds)
        if result is None:
            return "no answer in time"
        if result.returncode == 0:
            return None
        if "compilation skipped" not in result.stdout:
            raise TrialFailed(f"forge did not run the tests:\n{result.stdout}{result.stderr}")
        failed = re.search(r"^\[FAIL.*?\] (\w+)\(", result.stdout, re.MULTILINE)
        suite = re.search(r"^Encountered .* in [^:]*:(\w+)", result.stdout, re.MULTILINE)
        return f"{suite[1]}.{failed[1]}" if failed and suite else "a test"

    def _forge(
        self, arguments: tuple[str, ...], environment: dict[str, str], seconds: int
    ) -> subprocess.CompletedProcess[str] | None:
        """What forge said; None if it was not done after this many seconds of processor time."""
        forge = CONTRACTS / "node_modules" / ".bin" / "forge"
        try:
            result = subprocess.run(
                ["sh", "-c", 'ulimit -t "$0"; exec "$@"', str(seconds), str(forge), *arguments],
                cwd=self._place(),
                env={**os.environ, **environment},
                capture_output=True,
                text=True,
                check=False,
                timeout=PATIENCE * seconds,
            )
        except subprocess.TimeoutExpired:
            return None
        except OSError as error:
            raise TrialFailed(f"cannot run forge: {error}") from error
        return None if result.returncode in (-signal.SIGXCPU, -signal.SIGKILL) else result

    def _place(self) -> Path:
        """A copy of the folder for each thread: two runs of forge in one folder spoil each other's cache."""
        if threading.current_thread() is threading.main_thread():
            return self.folder
        place = self.folder / "threads" / threading.current_thread().name.rpartition("_")[2]
        if not place.exists():
            ignored = shutil.ignore_patterns("threads")
            shutil.copytree(self.folder, place, ignore=ignored, copy_function=shutil.copy2)
        return place

    def _compiler(self) -> Compiler:
        """One for each thread; it ends with the thread's process."""
        if not hasattr(self._local, "compiler"):
            self._local.compiler = Compiler()
        found: Compiler = self._local.compiler
        return found


class Compiler:
    """solc in a Node process that stays; it ends when its input does."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", str(Path(__file__).with_name("compiler.js"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "NODE_PATH": str(CONTRACTS / "node_modules")},
        )

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._process.stdin is None or self._process.stdout is None:
            raise TrialFailed("the compiler has no pipes")
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise TrialFailed("the compiler ended")
        decoded: dict[str, Any] = json.loads(answer)
        return decoded


def _fingerprint() -> str:
    """Of all that the copy is made from."""
    digest = hashlib.sha256(repr((DEPLOYER, SETTINGS)).encode())
    files = sorted(path for name in ("src", "test") for path in (CONTRACTS / name).rglob("*.sol"))
    for path in (*files, CONTRACTS / "foundry.toml"):
        digest.update(path.relative_to(CONTRACTS).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
