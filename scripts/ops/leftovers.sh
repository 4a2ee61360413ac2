#!/usr/bin/env bash
# Lists what is left of an environment. See "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
readonly root
# shellcheck source=scripts/lib.sh
source "$root/scripts/lib.sh"

usage() {
  cat <<'USAGE'
usage: scripts/ops/leftovers.sh SUFFIX
       scripts/ops/leftovers.sh --pull-requests [NUMBER]

Lists everything that still has the suffix in its name, in every service that an environment uses, in the region of
AWS_REGION or of the AWS configuration. The exit code is 1 if anything is left.

  --pull-requests   list what pull request NUMBER has under any name that its role may give, the tests' instances included;
                    without NUMBER, that of all pull requests, each line prefixed with the number and a tab, and exit code 0
USAGE
}

case ${1:-} in
  -h | --help)
    usage
    exit 0
    ;;
esac
if [[ ${1:-} == --pull-requests ]]; then
  (($# == 1)) || [[ $# == 2 && $2 =~ ^[1-9][0-9]*$ ]] || {
    usage >&2
    exit 2
  }
elif (($# != 1)); then
  usage >&2
  exit 2
fi
ensure_venv "$root/scripts/ops/requirements.txt" >&2
# botocore only reads this variable.
[[ -z ${AWS_REGION:-} ]] || export AWS_DEFAULT_REGION=$AWS_REGION
exec "$venv_bin/python" "$root/scripts/ops/leftovers.py" "$@"
