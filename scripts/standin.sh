#!/usr/bin/env bash
# Starts and stops the local stand-in for AWS. See "usage" below.
set -euo pipefail
# Without a PATH, bash uses a default one but does not export it.
export PATH

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly root
# shellcheck source=scripts/lib.sh
source "$root/scripts/lib.sh"

readonly standin_requirements=$root/standin/requirements.txt
readonly start_timeout=60

usage() {
  cat <<'USAGE'
usage: scripts/standin.sh start|stop|status [options]
       scripts/standin.sh run [options] -- command [argument...]
       scripts/standin.sh python [argument...]

  start    stop what an earlier run left behind, start afresh, wait until it answers
  stop     stop the stand-in and every process of its functions
  status   print whether it is running, and where (exit code 3 if it is not)
  run      start, run the command with the environment set, stop
  python   run the stand-in's own Python, which has botocore and this package; run its tests with
           scripts/standin.sh python -m unittest discover -s standin/tests -t .
           start local receivers for its messages with
           scripts/standin.sh python -m standin.receivers --standin "$AWS_ENDPOINT_URL"

options
  --state DIR          where to write pid, endpoint, log and env (default: target/standin/default);
                       stand-ins with different directories run side by side
  --port N             port on 127.0.0.1 (default: any free one)
  --auth               enforce IAM
  --retry-seconds S    wait before the first asynchronous Lambda retry; the second waits twice as
                       long (default: 60)

Source DIR/env to point this shell's AWS tools at the stand-in: those that read AWS_ENDPOINT_URL, such as Terraform's
AWS provider, tag-compliance, the SDKs since 2023 and the AWS CLI from 2.13 on. Version 1 of the CLI sends SQS calls to AWS
all the same, where the stand-in's test credentials are refused; give it --endpoint-url "$AWS_ENDPOINT_URL".

It counts invocations, errors and throttles of Lambda, failed deliveries of EventBridge and executions of Step Functions, and
has no other metrics of AWS; CloudTrail has no events; a Logs Insights query gets every line, whatever it asks; an Athena table
is stored, but its days are not projected.
docs/operations.md marks the commands that it does not answer.

PYTHON names the Python 3.11 or newer to use. STANDIN_REGION (us-east-1),
STANDIN_ALARM_SECONDS, STANDIN_STREAM_SHARDS, STANDIN_DELIVERY_SCALE, STANDIN_CALL_SECONDS,
STANDIN_HTTP_TASK_SECONDS, STANDIN_HOSTS, SFN_WAIT_SCALE, LAMBDA_ACCOUNT_CONCURRENCY, LOG_LEVEL and
RECORD_REQUESTS (a file to which each request is appended) are passed on.
USAGE
}

# Prints the ids of all processes of this stand-in. They inherit the mark that it was started with; a process that
# has dropped it is still in the stand-in's process group, with a working directory inside the state.
own_processes() {
  local leader pid group
  if [[ ! -r /proc/self/environ ]]; then
    ps -axwwE -o pid=,command= | { grep -F -- " STANDIN_MARK=$state" || true; } | awk '{print $1}'
    return
  fi
  { grep -lszxF -- "STANDIN_MARK=$state" /proc/[0-9]*/environ || true; } | cut -d/ -f3
  leader=$(cat "$state/pid" 2>/dev/null || true)
  [[ -n $leader ]] || return 0
  ps -eo pid=,pgid= | while read -r pid group; do
    if [[ $group == "$leader" && $(readlink "/proc/$pid/cwd" || true) == "$state"/* ]]; then
      printf '%s\n' "$pid"
    fi
  done
}

# Kills all of them; fails if there are none. There is nothing to save, so no process is asked to end by itself.
end_processes() {
  local leader pids deadline=$((SECONDS + 10))
  pids=$(own_processes)
  [[ -n $pids ]] || return 1
  leader=$(cat "$state/pid" 2>/dev/null || true)
  if [[ -n $leader ]] && grep -qx "$leader" <<<"$pids"; then
    kill -KILL -- "-$leader" 2>/dev/null || true
  fi
  while [[ -n $pids ]]; do
    ((SECONDS < deadline)) || fail "these processes cannot be stopped: $(tr '\n' ' ' <<<"$pids")"
    # shellcheck disable=SC2086 # one argument for each process
    kill -KILL $pids 2>/dev/null || true
    sleep 0.05
    pids=$(own_processes)
  done
}

write_env() {
  local endpoint=$1 region=${STANDIN_REGION:-us-east-1} name
  {
    printf '# Points the AWS tools of this shell at the stand-in in %q.\n' "$state"
    for name in AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE \
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CA_BUNDLE \
      AWS_USE_FIPS_ENDPOINT AWS_USE_DUALSTACK_ENDPOINT AWS_IGNORE_CONFIGURED_ENDPOINT_URLS; do
      printf 'unset %s\n' "$name"
    done
    # The endpoint of a single service would override the common one.
    # shellcheck disable=SC2016 # expanded by the shell that sources the file
    printf 'unset AWS_ENDPOINT_URL $(env | sed -n "s/^\\(AWS_ENDPOINT_URL_[A-Z0-9_]*\\)=.*/\\1/p")\n'
    printf 'export AWS_ENDPOINT_URL=%q\n' "$endpoint"
    printf 'export AWS_REGION=%q AWS_DEFAULT_REGION=%q\n' "$region" "$region"
    printf 'export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test\n'
    printf 'export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null\n'
    printf 'export AWS_EC2_METADATA_DISABLED=true AWS_PAGER=\n'
    # shellcheck disable=SC2016 # expanded by the shell that sources the file
    printf 'export %s="127.0.0.1,localhost${%s:+,$%s}"\n' NO_PROXY NO_PROXY NO_PROXY no_proxy no_proxy no_proxy
  } >"$state/env.part"
  mv "$state/env.part" "$state/env"
}

# Starts the server once; returns its exit code if it ended before it answered.
launch() {
  local port=$1 pid status=0 deadline name
  local settings=(PATH="$PATH" HOME="$state/home" TMPDIR="$state/tmp" LANG=C.UTF-8 TZ=UTC
    STANDIN_MARK="$state" PYTHONPATH="$root" PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
    STATE_DIR="$state/tmp/state" S3_DATA_DIR="$state/tmp/s3"
    MINISTACK_REGION="${STANDIN_REGION:-us-east-1}" AUTH="$auth")
  [[ -z $retry_seconds ]] || settings+=(STANDIN_RETRY_SECONDS="$retry_seconds")
  for name in BIND_HOST STANDIN_ALARM_SECONDS STANDIN_STREAM_SHARDS STANDIN_DELIVERY_SCALE STANDIN_CALL_SECONDS \
    STANDIN_HTTP_TASK_SECONDS STANDIN_HOSTS SFN_WAIT_SCALE LAMBDA_ACCOUNT_CONCURRENCY LOG_LEVEL RECORD_REQUESTS; do
    [[ -z ${!name:-} ]] || settings+=("$name=${!name}")
  done
  rm -rf "${state:?}"/{pid,endpoint,log,env,tmp,home}
  mkdir -p "$state/tmp" "$state/home"
  # Nothing in this shell's environment may reach the functions, least of all real credentials.
  env -i "${settings[@]}" "$venv_bin/python" -m standin --port "$port" --new-session \
    --ready-file "$state/endpoint" >"$state/log" 2>&1 </dev/null &
  pid=$!
  printf '%s\n' "$pid" >"$state/pid"
  deadline=$((SECONDS + start_timeout))
  until [[ -f $state/endpoint ]]; do
    if ! kill -0 "$pid" 2>/dev/null; then
      wait "$pid" || status=$?
      rm -f "$state/pid"
      return "$((status ? status : 1))"
    fi
    if ((SECONDS >= deadline)); then
      end_processes || true
      tail -n 20 "$state/log" >&2
      fail "it did not answer within $start_timeout s; the log is $state/log"
    fi
    sleep 0.05
  done
  disown "$pid"
}

start() {
  local began=$SECONDS status=0 attempts=1
  ensure_venv "$standin_requirements"
  mkdir -p "$state"
  state=$(cd "$state" && pwd -P)
  if end_processes; then say "stopped what an earlier run left behind in $state"; fi
  trap 'end_processes || true' EXIT
  # Another process may take the free port before it is used.
  [[ -n $port ]] || attempts=3
  while ((attempts--)); do
    status=0
    launch "${port:-0}" || status=$?
    ((status == 0 || status == 2)) && break
  done
  trap end_jobs EXIT
  if ((status)); then
    tail -n 20 "$state/log" >&2
    exit "$status"
  fi
  write_env "$(cat "$state/endpoint")"
  say "running at $(cat "$state/endpoint") (pid $(cat "$state/pid"), $((SECONDS - began)) s, IAM $([[ $auth == true ]] && echo enforced || echo open))"
  say "log: $state/log, environment: source $state/env"
}

stop() {
  if [[ -d $state ]]; then
    state=$(cd "$state" && pwd -P)
    if end_processes; then say "stopped ($state)"; else say "not running ($state)"; fi
    rm -f "$state/pid" "$state/endpoint" "$state/env"
    rm -rf "${state:?}"/{tmp,home}
  else
    say "not running ($state)"
  fi
}

status() {
  local pid
  [[ ! -d $state ]] || state=$(cd "$state" && pwd -P)
  pid=$(cat "$state/pid" 2>/dev/null || true)
  if [[ -n $pid && -f $state/endpoint ]] && grep -qx "$pid" <<<"$(own_processes)"; then
    say "running at $(cat "$state/endpoint") (pid $pid)"
  else
    say "not running ($state)"
    exit 3
  fi
}

run() {
  local status=0
  start
  trap stop EXIT
  # shellcheck source=/dev/null
  (source "$state/env" && "$@") || status=$?
  exit "$status"
}

command=${1:-}
[[ $# -eq 0 ]] || shift
if [[ $command == python ]]; then
  ensure_venv "$standin_requirements" >&2
  PYTHONPATH=$root${PYTHONPATH:+:$PYTHONPATH} exec "$venv_bin/python" "$@"
fi
state=$root/target/standin/default
port=
auth=false
retry_seconds=

while (($#)); do
  case $1 in
    --state | --port | --retry-seconds)
      [[ -n ${2:-} ]] || fail "$1 needs a value"
      case $1 in
        --state) state=$2 ;;
        --port) port=$2 ;;
        --retry-seconds) retry_seconds=$2 ;;
      esac
      shift 2
      ;;
    --auth)
      auth=true
      shift
      ;;
    --)
      shift
      break
      ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
done
[[ -z $port || $port =~ ^[0-9]+$ ]] || fail "--port $port is not a number"
[[ -z $retry_seconds || $retry_seconds =~ ^[0-9]+(\.[0-9]+)?$ ]] || fail "--retry-seconds $retry_seconds is not a number"

case $command in
  start | stop | status) "$command" ;;
  run)
    (($#)) || fail "run needs a command after --"
    run "$@"
    ;;
  help | -h | --help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
