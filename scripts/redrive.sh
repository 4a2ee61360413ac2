#!/usr/bin/env bash
# Hands dead letters to the function again. See "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly root
# shellcheck source=scripts/lib.sh
source "$root/scripts/lib.sh"

usage() {
  cat <<'USAGE'
usage: scripts/redrive.sh [--outputs FILE] [--queue-url URL] [--function NAME] [--region R] [--max N] [--dry-run]

Takes the events out of the dead-letter queue, invokes the function with each of them, and deletes those that it
answered without an error. The others stay in the queue. Exit code 1 where any did.

  --outputs FILE    the environment's outputs, flat or as `terraform output -json` prints them
                    (cfn-outputs/flat-outputs.json); they name queue, function and region
  --queue-url URL   another queue
  --function NAME   another function
  --region R        the region of both (that of the outputs, AWS_REGION, or what the AWS configuration says)
  --max N           handles at most N messages
  --dry-run         shows the messages and leaves them all

Where ENVIRONMENT_SUFFIX is set, the outputs have to be those of that environment.
USAGE
}

case ${1:-} in
  -h | --help)
    usage
    exit 0
    ;;
esac
ensure_venv "$root/scripts/ops/requirements.txt" >&2
exec "$venv_bin/python" "$root/scripts/ops/redrive.py" \
  --default-outputs "$root/cfn-outputs/flat-outputs.json" "$@"
