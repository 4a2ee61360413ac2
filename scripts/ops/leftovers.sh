#!/usr/bin/env bash
# Says what is left of an environment. See "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
readonly root
# shellcheck source=scripts/lib.sh
source "$root/scripts/lib.sh"

usage() {
  cat <<'USAGE'
usage: scripts/ops/leftovers.sh SUFFIX

Lists, in every service that an environment uses, what still carries the suffix, in the region of AWS_REGION or of the
AWS configuration. Exit code 1 where anything is left.
USAGE
}

case ${1:-} in
  -h | --help)
    usage
    exit 0
    ;;
esac
if (($# != 1)); then
  usage >&2
  exit 2
fi
ensure_venv "$root/scripts/ops/requirements.txt" >&2
# botocore reads the region from this name only.
[[ -z ${AWS_REGION:-} ]] || export AWS_DEFAULT_REGION=$AWS_REGION
exec "$venv_bin/python" "$root/scripts/ops/leftovers.py" "$1"
