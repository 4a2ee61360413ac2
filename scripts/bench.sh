#!/usr/bin/env bash
# Measures the function against its peers. See "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly root
# shellcheck source=scripts/lib.sh
source "$root/scripts/lib.sh"

usage() {
  cat <<'USAGE'
usage: scripts/bench.sh [options]

Measures the release build of the function, Cloud Custodian and a function with boto3 against a stub of AWS, and prints the
tables of docs/performance.md. Takes about 15 minutes; with --ours, which leaves out the peers, a few minutes.
The options are those of benches/compare.py; scripts/bench.sh --help lists them.
USAGE
}

case " $* " in
  *" --ours "*) peers=() ;;
  *" --help "* | *" -h "*)
    usage
    peers=()
    ;;
  *)
    ensure_venv "$root/benches/requirements.txt" >&2
    peers=(--peers-python "$venv_bin/python")
    ;;
esac
PYTHONPATH=$root/tests PYTHONDONTWRITEBYTECODE=1 exec "$root/scripts/standin.sh" python "$root/benches/compare.py" \
  "${peers[@]}" "$@"
