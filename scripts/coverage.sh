#!/usr/bin/env bash
# Measures the coverage of the Rust tests. See "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly root
# shellcheck source=scripts/lib.sh
source "$root/scripts/lib.sh"

usage() {
  cat <<'USAGE'
usage: scripts/coverage.sh

Runs the Rust tests instrumented, prints the line and region coverage of each file in our crates, and fails unless every
line is covered, and every region of the code that decides (see scripts/dev/coverage_check.py). A region ends where a
decision does, so both its arms count. target/coverage holds lcov.info and a page for each file (html/index.html).

The function's main.rs is left out: past its configuration it only runs under Lambda's Runtime API, where the
integration tests run it.
USAGE
}

case ${1:-} in
  '') ;;
  -h | --help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac

readonly work=$root/target/coverage
cd "$root"
ensure_venv "$root/scripts/dev/requirements/coverage.txt"
# The package links its shared libraries the first time its Python starts.
"$venv_bin/python" -c ''
rm -rf "$work"
mkdir -p "$work"

export RUSTC_WORKSPACE_WRAPPER=$root/scripts/dev/coverage_instrument.sh
export LLVM_PROFILE_FILE=$work/%p-%m.profraw
tests=(--locked --lib --bins --test bootstrap --test cli --test clients --test handler --test properties)
with_progress "instrumented tests" "$work/tests.log" cargo test --workspace "${tests[@]}"
executables=$(cargo test --workspace "${tests[@]}" --no-run --message-format=json 2>/dev/null |
  sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
"$venv_bin/llvm-profdata" merge -sparse "$work"/*.profraw -o "$work/tests.profdata"

sources=(-instr-profile="$work/tests.profdata" -ignore-filename-regex='/([a-z]+_)?(tests?|tests/.*|main)\.rs$|/(crates/[a-z]+|lambda/checker)/tests/|/core/src/testing\.rs$|/registry/|/rustc/')
objects=()
for executable in $executables; do
  objects+=(-object "$executable")
done
"$venv_bin/llvm-cov" export "${sources[@]}" "${objects[@]}" -format=lcov >"$work/lcov.info"
"$venv_bin/llvm-cov" show "${sources[@]}" "${objects[@]}" -format=html -output-dir="$work/html"
"$venv_bin/llvm-cov" export "${sources[@]}" "${objects[@]}" >"$work/export.json"
"$venv_bin/python" "$root/scripts/dev/coverage_check.py" "$work/export.json" "$work/lcov.info" "$root"
