#!/usr/bin/env bash
# Builds the Lambda function's bootstrap and zips it for Terraform. See "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly root
# shellcheck source=scripts/lib.sh
source "$root/scripts/lib.sh"

usage() {
  cat <<'USAGE'
usage: scripts/build.sh [--release] [--arch x86_64|arm64]

Makes a zip that is the same byte for byte for the same source, and prints its path.

  (no option)   quick build for this machine, for the demo and the tests:
                target/lambda/quick/bootstrap-ARCH.zip
  --release     small and fast, for deployments; runs on Amazon Linux 2023:
                target/lambda/bootstrap-ARCH.zip, where Terraform looks for it
  --arch ARCH   x86_64 or arm64 (this machine's); another one than this machine's needs --release
                and `rustup target add aarch64-unknown-linux-gnu` (or x86_64-...)
USAGE
}

# Amazon Linux 2023, which runs the function, has this glibc.
readonly newest_glibc=2.34

release=
arch=$(host_architecture)
while (($#)); do
  case $1 in
    --release) release=yes ;;
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
readonly release arch target

target_dir=$(cargo_target_dir)
readonly target_dir
cd "$root"

if [[ $release ]]; then
  has_rust_target "$target" || fail "Rust cannot build for $arch yet: run rustup target add $target"
  needs_command objdump "the Debian package binutils"
  ensure_venv "$root/scripts/dev/requirements/build.txt" >&2
  # Paths of this machine in panic messages would make another machine's zip differ.
  export RUSTFLAGS="--remap-path-prefix=$root=/src --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
  PATH=$venv_bin:$PATH waited cargo zigbuild --locked --release --package tag-compliance-checker --bin bootstrap \
    --target "$target.$newest_glibc" >&2
  binary=$target_dir/$target/release/bootstrap
  zip=$(function_zip release "$arch")
  level=9
  needed=$(objdump -T "$binary" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1)
  newest=$(printf '%s\n' "GLIBC_$newest_glibc" "$needed" | sort -V | tail -n 1)
  [[ $newest == "GLIBC_$newest_glibc" ]] ||
    fail "$binary needs $needed, and Lambda's provided.al2023 has only GLIBC_$newest_glibc"
else
  [[ $arch == "$(host_architecture)" ]] || fail "--arch $arch: the quick build is for this machine only; add --release"
  # All targets: the tests' features of the SDK are the bootstrap's too, or each would be built twice.
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
