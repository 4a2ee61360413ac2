#!/usr/bin/env bash
# Writes the hashes of all requirements, which pip checks. See "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
readonly root
# shellcheck source=scripts/lib.sh
source "$root/scripts/lib.sh"

usage() {
  cat <<'USAGE'
usage: scripts/dev/hashes.sh

Rewrites each requirements file: every version with the hashes of all its files on PyPI, for every platform and Python
3.11 or newer. Run it after changing a version, and review the diff. If NAME.in is beside NAME.txt, the versions are
those in NAME.in and their dependencies; otherwise those in NAME.txt itself, which must list all.
USAGE
}

if (($#)); then
  usage
  [[ $1 == -h || $1 == --help ]] || exit 2
  exit
fi

ensure_venv "$root/scripts/dev/requirements/hashes.txt"
work=$(mktemp -d)
trap 'end_jobs; rm -rf "$work"' EXIT
cd "$root"
for file in $(git ls-files '*requirements*.txt'); do
  source=$file
  [[ ! -f ${file%.txt}.in ]] || source=${file%.txt}.in
  sed -n 's/^\([^ #]*==[^\\]*[^ \\]\) *\\*$/\1/p' "$source" >"$work/requirements.in"
  "$venv_bin/uv" pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
    "$work/requirements.in" --output-file "$work/requirements.txt"
  {
    sed -n '/^#/p' "$file"
    cat "$work/requirements.txt"
  } >"$work/new"
  cp "$work/new" "$file"
  rm "$work/requirements.txt"
  say "$file: $(grep -c '==' "$file") packages"
done
