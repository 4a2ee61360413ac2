#!/usr/bin/env bash
# Reprocesses dead letters. See "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly root
# shellcheck source=scripts/lib.sh
source "$root/scripts/lib.sh"

usage() {
  cat <<'USAGE'
usage: scripts/redrive.sh [--dry-run] [--max N] [--rate N] [--drop MESSAGE-ID] [--outputs FILE] [option...]

Invokes the function with each event in the dead-letter queue, and deletes those that it processed without an error. The
others stay in the queue; the exit code is then 1. A topic that was created again has no subscribers: subscribe them first,
or nobody receives the alerts.

  --dry-run           show each message, its reason and its id, and keep them all
  --max N             process at most N of them
  --drop MESSAGE-ID   delete this one and invoke nothing
  --outputs FILE      the output of `terraform output -json`, after a plain terraform apply; or
                      target/demo/demo/outputs.json, after scripts/demo.sh --keep

Runs `tag-compliance redrive`, whose --help has all options, with the outputs that scripts/deploy.sh wrote
(cfn-outputs/flat-outputs.json) unless the options name others. Uses the program TAG_COMPLIANCE, or the one on the PATH if
it is this version; otherwise builds it.

If ENVIRONMENT_SUFFIX is set, the outputs must be those of that environment.
USAGE
}

# is_of_this_version PROGRAM
is_of_this_version() {
  local version
  version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)
  # A build from an earlier commit may have the same version but no redrive.
  [[ $("$1" --version 2>/dev/null) == "tag-compliance $version" ]] && "$1" redrive --help >/dev/null 2>&1
}

# find_program: sets program to the path of tag-compliance.
find_program() {
  program=${TAG_COMPLIANCE:-}
  if [[ -n $program ]]; then
    is_of_this_version "$program" || fail "TAG_COMPLIANCE=$program is not this version of tag-compliance"
    return
  fi
  program=$(command -v tag-compliance || true)
  if [[ -z $program ]] || ! is_of_this_version "$program"; then
    needs_command cargo "Rust, from rustup.rs, or tag-compliance"
    # With a test, so that the SDK is compiled with the same features as for everything else, only once.
    (cd "$root" && waited cargo build --locked --workspace --bin tag-compliance --test cli) >&2
    program=$(cargo_target_dir)/debug/tag-compliance
  fi
}

outputs=(--outputs "$root/cfn-outputs/flat-outputs.json")
queue='' receiver=''
for argument in "$@"; do
  case $argument in
    -h | --help)
      usage
      exit 0
      ;;
    --outputs | --outputs=*) outputs=() ;;
    --queue-url | --queue-url=*) queue=yes ;;
    --function | --function=* | --drop | --drop=*) receiver=yes ;;
  esac
done
[[ -z $queue || -z $receiver ]] || outputs=()
find_program
exec "$program" redrive ${outputs[@]+"${outputs[@]}"} "$@"
