#!/usr/bin/env bash
# Builds the release files: the Lambda function's bootstrap as a zip, the program as an archive. See "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly root
# shellcheck source=scripts/lib.sh
source "$root/scripts/lib.sh"

usage() {
  cat <<'USAGE'
usage: scripts/build.sh [--release] [--arch x86_64|arm64]
       scripts/build.sh --program

Builds a reproducible zip, byte for byte the same for the same source, and prints its path.

  (no option)   quick build for this machine, for the demo and the tests:
                target/lambda/quick/bootstrap-ARCH.zip
  --release     small and fast build for deployments, which runs on Amazon Linux 2023:
                target/lambda/bootstrap-ARCH.zip, where Terraform looks for it
  --arch ARCH   x86_64 or arm64 (default: this machine's); any other than this machine's needs --release
                and `rustup target add aarch64-unknown-linux-gnu` (or x86_64-...)
  --program     the command-line program instead, for this machine's platform (Linux with glibc 2.17 or newer, or
                macOS), with completions and manual pages: target/program/tag-compliance-VERSION-TARGET.tar.gz
USAGE
}

# The glibc of Amazon Linux 2023, which runs the function.
readonly newest_glibc=2.34
# The oldest glibc that Rust's standard library supports.
readonly program_glibc=2.17

release=
program=
arch=$(host_architecture)
while (($#)); do
  case $1 in
    --release) release=yes ;;
    --program) program=yes ;;
    --arch)
      arch=${2:-}
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) fail "unknown option $1; see scripts/build.sh --help" ;;
  esac
  shift || fail "--arch needs x86_64 or arm64"
done
case $arch in
  x86_64) target=x86_64-unknown-linux-gnu ;;
  arm64) target=aarch64-unknown-linux-gnu ;;
  *) fail "--arch: expected x86_64 or arm64, got ${arch:-nothing}" ;;
esac
if [[ $program ]]; then
  # The program writes its own completions and manual pages, so it must run here.
  [[ -z $release && $arch == "$(host_architecture)" ]] || fail "--program builds for this machine, and takes no other option"
  [[ $(uname -s) != Darwin ]] || target=${target/unknown-linux-gnu/apple-darwin}
fi
readonly release program arch target

target_dir=$(cargo_target_dir)
readonly target_dir
cd "$root"

# prepare_shipped: sets up a release build, small and without paths of this machine.
prepare_shipped() {
  has_rust_target "$target" || fail "Rust cannot build for $target yet: run rustup target add $target"
  # Paths in panic messages would make the builds of two machines differ.
  export RUSTFLAGS="--remap-path-prefix=$root=/src --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
  [[ $target == *-linux-* ]] || return 0
  needs_command objdump "the Debian package binutils"
  ensure_venv "$root/scripts/dev/requirements/build.txt" >&2
  PATH=$venv_bin:$PATH
}

# require_glibc VERSION: fails if the binary needs a newer one.
require_glibc() {
  local needed newest
  needed=$(objdump -T "$binary" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1)
  newest=$(printf '%s\n' "GLIBC_$1" "$needed" | sort -V | tail -n 1)
  [[ $newest == "GLIBC_$1" ]] || fail "$binary needs $needed; it must run with GLIBC_$1"
}

# The program and the files of its package, in a folder named like the archive.
if [[ $program ]]; then
  prepare_shipped
  binary=$target_dir/$target/release/tag-compliance
  if [[ $target == *-apple-darwin ]]; then
    waited cargo build --locked --release --package tag-compliance-cli --bin tag-compliance --target "$target" >&2
  else
    waited cargo zigbuild --locked --release --package tag-compliance-cli --bin tag-compliance \
      --target "$target.$program_glibc" >&2
    require_glibc "$program_glibc"
  fi
  version=$("$binary" --version)
  name=tag-compliance-${version#tag-compliance }-$target
  folder=$target_dir/program/$name
  rm -rf "$folder" "$folder.tar.gz"
  mkdir -p "$folder/completions"
  cp "$binary" "$root/LICENSE" "$root/README.md" "$folder"
  "$binary" completions bash >"$folder/completions/tag-compliance.bash"
  "$binary" completions fish >"$folder/completions/tag-compliance.fish"
  "$binary" completions zsh >"$folder/completions/_tag-compliance"
  "$binary" man "$folder/man/man1"
  "$(find_python)" "$root/scripts/dev/archive.py" "$folder" "$folder.tar.gz"
  printf '%s\n' "$folder.tar.gz"
  exit
fi

if [[ $release ]]; then
  prepare_shipped
  waited cargo zigbuild --locked --release --package tag-compliance-checker --bin bootstrap \
    --target "$target.$newest_glibc" >&2
  binary=$target_dir/$target/release/bootstrap
  require_glibc "$newest_glibc"
  zip=$(function_zip release "$arch")
  level=9
else
  [[ $arch == "$(host_architecture)" ]] || fail "--arch $arch: the quick build is for this machine only; add --release"
  # All targets, so that tests and bootstrap share the SDK's features; otherwise it would be built twice.
  waited cargo build --locked --workspace --all-targets >&2
  binary=$target_dir/debug/bootstrap
  zip=$(function_zip quick "$arch")
  level=1
fi

mkdir -p "$(dirname "$zip")"
"$(find_python)" - "$binary" "$zip" "$level" <<'PYTHON'
import os, sys, zipfile

binary, path, level = sys.argv[1:]
entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
entry.create_system = 3  # Unix: the next line is its file mode
entry.external_attr = 0o100755 << 16
entry.compress_type = zipfile.ZIP_DEFLATED
with open(binary, "rb") as source, zipfile.ZipFile(path + ".new", "w") as archive:
    archive.writestr(entry, source.read(), compresslevel=int(level))
os.replace(path + ".new", path)
PYTHON
printf '%s\n' "$zip"
