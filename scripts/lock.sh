#!/usr/bin/env sh
# Makes the lock files anew from pyproject.toml. They carry hashes and no addresses.
set -eu
cd "$(dirname "$0")/.."
compile="uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links"
$compile pyproject.toml --output-file requirements.lock "$@"
$compile pyproject.toml --extra dev --constraint requirements.lock --output-file requirements-dev.lock "$@"
for tool in uv halmos slither-analyzer; do
  echo "$tool" | $compile - --output-file "requirements-${tool%-analyzer}.lock" "$@"
done
if grep -n '://' requirements*.lock; then echo "a lock file carries an address" >&2; exit 1; fi
