#!/usr/bin/env bash
# Hands dead letters to the function again. See "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly root
# shellcheck source=scripts/lib.sh
source "$root/scripts/lib.sh"

usage() {
  cat <<'USAGE'
usage: scripts/redrive.sh [--dry-run] [--max N] [--rate N] [--drop MESSAGE-ID] [--outputs FILE] [option...]

Takes the events out of the dead-letter queue, invokes the function with each of them, and deletes those that it
answered without an error. The others stay in the queue. Exit code 1 where any did.

Calls `tag-compliance redrive`, whose --help has all options, with the outputs that scripts/deploy.sh wrote
(cfn-outputs/flat-outputs.json) where the options name no others. The program is that of TAG_COMPLIANCE, or of the PATH
where it is of this version; else it is built here.

Where ENVIRONMENT_SUFFIX is set, the outputs have to be those of that environment.
USAGE
}

# is_of_this_version PROGRAM
is_of_this_version() {
  local version
  version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)
  # One of a commit before may have the version and no redrive.
  [[ $("$1" --version 2>/dev/null) == "tag-compliance $version" ]] && "$1" redrive --help >/dev/null 2>&1
}

# find_program: leaves the path of tag-compliance in the variable program.
find_program() {
  program=${TAG_COMPLIANCE:-}
  if [[ -n $program ]]; then
    is_of_this_version "$program" || fail "TAG_COMPLIANCE=$program is not the tag-compliance of this version"
    return
  fi
  program=$(command -v tag-compliance || true)
  if [[ -z $program ]] || ! is_of_this_version "$program"; then
    needs_command cargo "Rust, from rustup.rs, or tag-compliance"
    # With a test, so that the SDK is compiled once for everything that is built here.
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
