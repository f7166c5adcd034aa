"""Compiles the registry contract and writes the artifact that Cairn ships.

    python -m scripts.build_artifacts        needs Node and `npm ci --ignore-scripts --prefix contracts`

The compiler is the one that `contracts/package-lock.json` pins, its settings those of `contracts/foundry.toml`: nothing
is said twice. The same sources give the same file, byte for byte, so that anyone can check what is deployed.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "contracts"
CONTRACT = "CredentialRegistry"
SOURCES = (
    "src/CredentialRegistry.sol",
    "src/ICredentialRegistry.sol",
    "src/MerkleInclusion.sol",
    "src/SponsoredActs.sol",
)
COMPILER = CONTRACTS / "bin" / "solc"
ARTIFACT = ROOT / "ledger" / "chain" / "artifacts" / f"{CONTRACT}.json"


class CompilationFailed(Exception):
    """The compiler is missing, or said something; the message is what it said."""


def source_sha256() -> str:
    """SHA-256 of what `sha256sum src/*.sol` prints in `contracts`."""
    lines = [f"{hashlib.sha256((CONTRACTS / path).read_bytes()).hexdigest()}  {path}\n" for path in SOURCES]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def compiler_settings() -> dict[str, Any]:
    """The settings of `foundry.toml` in the words of solc's standard JSON."""
    profile = tomllib.loads((CONTRACTS / "foundry.toml").read_text(encoding="utf-8"))["profile"]["default"]
    return {
        "evmVersion": profile["evm_version"],
        "optimizer": {"enabled": profile["optimizer"], "runs": profile["optimizer_runs"]},
        "metadata": {"appendCBOR": profile["cbor_metadata"], "bytecodeHash": profile["bytecode_hash"]},
    }


def run_compiler(argument: str, given: str = "") -> str:
    try:
        result = subprocess.run(
            [str(COMPILER), argument], input=given, capture_output=True, text=True, check=False, timeout=300
        )
    except OSError as error:
        raise CompilationFailed(f"cannot run {COMPILER}: {error}") from error
    if result.returncode != 0:
        raise CompilationFailed(result.stderr.strip() or f"{COMPILER} ended with code {result.returncode}")
    return result.stdout


def compiler_version() -> str:
    """Version and commit, without the name of the platform that the compiler was built for."""
    version = run_compiler("--version").split("Version: ")[1].strip()
    return version.split(".Emscripten")[0].split(".Linux")[0].split(".Darwin")[0]


def compile_contract() -> dict[str, Any]:
    """The artifact, made from the sources. Raises CompilationFailed for any error or warning."""
    request = {
        "language": "Solidity",
        "sources": {path: {"content": (CONTRACTS / path).read_text(encoding="utf-8")} for path in SOURCES},
        "settings": {
            **compiler_settings(),
            "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]}},
        },
    }
    answer = json.loads(run_compiler("--standard-json", json.dumps(request)))
    if problems := answer.get("errors"):
        raise CompilationFailed("\n".join(problem["formattedMessage"] for problem in problems))
    compiled = answer["contracts"][SOURCES[0]][CONTRACT]
    deployed = compiled["evm"]["deployedBytecode"]["object"]
    return {
        "generatedBy": "scripts/build_artifacts.py",
        "contract": CONTRACT,
        "solc": compiler_version(),
        "settings": compiler_settings(),
        "sourceSha256": source_sha256(),
        "abi": compiled["abi"],
        "bytecode": "0x" + compiled["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + deployed,
        "deployedCodeHash": "0x" + keccak(hexstr=deployed).hex(),
    }


def main() -> int:
    try:
        artifact = compile_contract()
    except CompilationFailed as error:
        print(error, file=sys.stderr)
        return 1
    ARTIFACT.parent.mkdir(parents=True, exist_ok=True)
    ARTIFACT.write_text(json.dumps(artifact, indent=2) + "\n", encoding="utf-8", newline="\n")
    size = len(artifact["deployedBytecode"]) // 2 - 1
    print(f"wrote {ARTIFACT.relative_to(ROOT)}: {size:,} bytes of code, code hash {artifact['deployedCodeHash']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
