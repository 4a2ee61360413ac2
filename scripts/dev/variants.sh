#!/usr/bin/env bash
# Applies the variants of an environment against a second emulator. See "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
readonly root
# shellcheck source=scripts/lib.sh
source "$root/scripts/lib.sh"

usage() {
  cat <<'USAGE'
usage: scripts/dev/variants.sh [VARIANT...]

Applies, plans again and destroys variants of an environment against moto's server, several at a time, and checks every
request against AWS's own models. The variants are those in tests/terraform/test_variants.py; all by default.
USAGE
}

case ${1:-} in
  -h | --help)
    usage
    exit 0
    ;;
esac
needs_command terraform "Terraform 1.9 or newer"
work=$(mktemp -d)
trap 'end_jobs; rm -rf "$work"' EXIT
find_provider
ensure_venv "$root/tests/terraform/requirements.txt"
variants=$(
  IFS=,
  printf '%s' "$*"
)
# If Python is killed, the trap removes its folder.
TMPDIR=$work VARIANTS=$variants PYTHONPATH=$root:$root/tests waited "$venv_bin/python" -m unittest discover -s "$root/tests/terraform" \
  -t "$root/tests"
