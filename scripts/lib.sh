# shellcheck shell=bash
# Functions that the scripts share. Source it after setting root, the project's folder.

# end_jobs: ends this script's background jobs and everything that they started.
end_jobs() {
  local job
  for job in $(jobs -p); do
    end_tree "$job"
    wait "$job" 2>/dev/null || true
  done
}

end_tree() {
  local child
  for child in $(pgrep -P "$1" || true); do
    end_tree "$child"
  done
  kill "$1" 2>/dev/null || true
}

# A signal ends a script through its EXIT trap, so that it leaves no process behind.
trap end_jobs EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# waited COMMAND...: runs the command so that a signal to this script takes effect at once, not when the command ends.
waited() {
  "$@" &
  wait "$!"
}

# say MESSAGE...: prints a line for the person waiting, prefixed with the script's name.
say() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*"; }

fail() {
  printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2
  exit 1
}

# needs_command NAME SOURCE: fails unless the command is installed, and says where to get it.
needs_command() {
  command -v "$1" >/dev/null || fail "the command $1 is needed; install $2"
}

# timed TEXT LOG COMMAND...: shows what runs and for how long; the command's output goes to the log. Sets timed_status to its
# exit code and took to the seconds. Returns 0, because with `if` or `||` around it, `set -e` would be off in a command that
# is a shell function.
timed() {
  local text=$1 log=$2 began=$SECONDS pid
  timed_status=0
  shift 2
  [[ -t 1 ]] || say "$text ..."
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  while [[ -t 1 ]] && kill -0 "$pid" 2>/dev/null; do
    printf '\r%s: %s ... %s s' "$(basename "$0" .sh)" "$text" "$((SECONDS - began))"
    sleep 0.2
  done
  wait "$pid" || timed_status=$?
  [[ ! -t 1 ]] || printf '\r\033[K'
  took=$((SECONDS - began))
}

# with_progress TEXT LOG COMMAND...: like timed, but fails if the command does.
with_progress() {
  timed "$@"
  if ((timed_status)); then
    tail -n 20 "$2" >&2
    fail "$1 failed after $took s; the log is $2"
  fi
  say "$1 ... $took s"
}

# Prints Lambda's name for this machine's architecture.
host_architecture() {
  case $(uname -m) in
    x86_64 | amd64) printf 'x86_64\n' ;;
    arm64 | aarch64) printf 'arm64\n' ;;
    *) fail "this machine is $(uname -m), but Lambda only runs x86_64 and arm64" ;;
  esac
}

# Prints the folder where cargo puts its builds.
cargo_target_dir() {
  local directory=${CARGO_TARGET_DIR:-$root/target}
  [[ $directory == /* ]] || directory=$PWD/$directory
  printf '%s\n' "$directory"
}

# function_zip quick|release ARCHITECTURE: prints the path of a build's zip.
function_zip() {
  case $1 in
    quick) printf '%s/lambda/quick/bootstrap-%s.zip\n' "$(cargo_target_dir)" "$2" ;;
    release) printf '%s/lambda/bootstrap-%s.zip\n' "$(cargo_target_dir)" "$2" ;;
  esac
}

has_rust_target() {
  [[ -d $(rustc --print sysroot)/lib/rustlib/$1/lib ]]
}

is_usable_python() {
  "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# Prints the Python to use: PYTHON if it is set, otherwise the first one that is suitable.
find_python() {
  local candidate
  if [[ -n ${PYTHON:-} ]]; then
    is_usable_python "$PYTHON" || fail "PYTHON=$PYTHON is not a Python 3.11 or newer with venv"
    printf '%s\n' "$PYTHON"
    return
  fi
  for candidate in python3.11 python3.12 python3.13 python3.14 python3 python; do
    if is_usable_python "$candidate"; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  fail "no Python 3.11 or newer with the venv module was found; install one or set PYTHON"
}

# Only one process creates a virtual environment; the others wait for it.
lock_venv() {
  local lock=$1 holder told=
  until mkdir "$lock" 2>/dev/null; do
    holder=$(cat "$lock/pid" 2>/dev/null || true)
    if [[ -n $holder ]] && ! kill -0 "$holder" 2>/dev/null; then
      rm -rf "$lock"
    elif [[ -z $holder && -n $(find "$lock" -maxdepth 0 -mmin +1 2>/dev/null) ]]; then
      rm -rf "$lock"
    else
      [[ -n $told ]] || say "waiting for process ${holder:-of another start}, which is creating the virtual environment"
      told=yes
      sleep 0.2
    fi
  done
  printf '%s\n' "$$" >"$lock/pid"
}

install_venv() {
  local python=$1 directory=$2 requirements=$3
  rm -rf "$directory"
  env -u PYTHONHOME -u PYTHONPATH "$python" -m venv "$directory"
  env -u PYTHONHOME -u PYTHONPATH PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    "$directory/bin/python" -m pip install --no-input --require-hashes --requirement "$requirements"
  : >"$directory/complete"
}

# ensure_venv REQUIREMENTS: creates the virtual environment of a requirements file unless it exists, and sets venv_bin to
# its bin folder.
ensure_venv() {
  local requirements=$1 python key directory
  python=$(find_python)
  key=$("$python" -c '
import hashlib, platform, sys
data = open(sys.argv[1], "rb").read() + platform.python_version().encode() + sys.argv[2].encode()
print(hashlib.sha256(data).hexdigest()[:16])' "$requirements" "$root")
  directory=$root/target/venv/$key
  # shellcheck disable=SC2034 # read by those who source this file
  venv_bin=$directory/bin
  if [[ ! -f $directory/complete ]]; then
    mkdir -p "${directory%/*}"
    lock_venv "$directory.lock"
    if [[ ! -f $directory/complete ]]; then
      with_progress "installing ${requirements#"$root"/}" "$directory.log" install_venv "$python" "$directory" "$requirements"
    fi
    rm -rf "$directory.lock"
  fi
}

# find_provider: makes Terraform take the AWS provider from a file-system mirror, if this machine has one and no Terraform
# CLI configuration, otherwise from the public registry. Needs the variable work.
# shellcheck disable=SC2154 # work is set by the script that sources this
find_provider() {
  local mirror
  [[ ! -f ${TF_CLI_CONFIG_FILE:-$HOME/.terraformrc} ]] || return 0
  mirror=$(find /opt /usr/local /usr/share /usr/lib /var/lib "$HOME" -maxdepth 6 -name .terraform -prune -o \
    -type d -path '*/registry.terraform.io/hashicorp/aws' -print -quit 2>/dev/null || true)
  if [[ -n $mirror ]]; then
    printf 'provider_installation {\n  filesystem_mirror {\n    path = "%s"\n  }\n}\n' \
      "${mirror%/registry.terraform.io/hashicorp/aws}" >"$work/terraform.rc"
    say "Terraform's provider comes from the mirror ${mirror%/registry.terraform.io/hashicorp/aws}"
  else
    : >"$work/terraform.rc"
    say "Terraform's provider comes from the public registry"
  fi
  export TF_CLI_CONFIG_FILE=$work/terraform.rc
}
