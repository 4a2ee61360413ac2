# shellcheck shell=bash
# What deploy.sh and destroy.sh share: one Terraform plan, shown, confirmed, and applied exactly as shown.
# Source it after scripts/lib.sh.
# shellcheck disable=SC2154 # root is set by the script that sources this
# shellcheck disable=SC2034 # release is read there

# read_arguments ARGUMENT...: reads the command line of both scripts; --release only if takes_release is set.
read_arguments() {
  suffix=${ENVIRONMENT_SUFFIX:-}
  region=${AWS_REGION:-${AWS_DEFAULT_REGION:-}}
  approved=
  arch=
  release=
  init_arguments=(-input=false)
  plan_arguments=(-input=false)
  local named='' lockfile=readonly
  while (($#)); do
    case $1 in
      --region | --arch | --release)
        [[ $1 != --release || ${takes_release:-} ]] || fail "unknown option $1; see scripts/$(basename "$0") --help"
        [[ -n ${2:-} ]] || fail "$1 needs a value"
        case $1 in
          --region) region=$2 ;;
          --arch) arch=$2 ;;
          --release) release=$2 ;;
        esac
        shift
        ;;
      --auto-approve) approved=yes ;;
      -h | --help)
        usage
        exit 0
        ;;
      --)
        shift
        break
        ;;
      -*) fail "unknown option $1; see scripts/$(basename "$0") --help" ;;
      *)
        [[ -z $named ]] || fail "expected one suffix, got $named and $1"
        named=$1
        ;;
    esac
    shift
  done
  suffix=${named:-$suffix}
  [[ -n $suffix ]] || fail "which environment? Give its suffix, or set ENVIRONMENT_SUFFIX"
  [[ $suffix =~ ^[a-z0-9]([a-z0-9-]{0,34}[a-z0-9])?$ ]] ||
    fail "suffix $suffix: expected 1 to 36 lowercase letters, digits and inner hyphens"
  while (($#)); do
    case $1 in
      -backend* | -reconfigure | -reconfigure=*) init_arguments+=("$1") ;;
      # Like Terraform: the last switch counts.
      -upgrade=[0fF]*)
        init_arguments+=("$1")
        lockfile="readonly"
        ;;
      # It writes the lock file.
      -upgrade | -upgrade=*)
        init_arguments+=("$1")
        lockfile=
        ;;
      *) plan_arguments+=("$1") ;;
    esac
    shift
  done
  [[ -z $lockfile ]] || init_arguments+=("-lockfile=$lockfile")
  # Terraform uses the last value of a variable: the suffix must be the one that names the state.
  [[ -z $arch ]] || plan_arguments+=(-var "architecture=$arch")
  plan_arguments+=(-var "suffix=$suffix")
}

# begin: checks everything that can be checked before Terraform runs, and finds the environment's state.
begin() {
  needs_command terraform "Terraform 1.9 or newer"
  [[ $approved || -t 0 ]] || fail "there is no terminal to ask for approval; --auto-approve applies the plan without asking"
  python=$(find_python)
  work=$(mktemp -d)
  trap 'end_jobs; rm -rf "$work"' EXIT
  flat_outputs check
  find_provider
  # For automation, Terraform leaves out advice to run more commands by hand.
  export TF_IN_AUTOMATION=1 CHECKPOINT_DISABLE=1
  [[ -t 1 ]] || export TF_CLI_ARGS="${TF_CLI_ARGS:-} -no-color"
  export TF_WORKSPACE=${TF_WORKSPACE:-$suffix}
  # A new workspace is created with its first state, and until then init would reject it.
  TF_WORKSPACE=default tf init "${init_arguments[@]}" >"$work/init.log" 2>&1 || {
    cat "$work/init.log" >&2
    fail "terraform init failed; nothing was changed"
  }
  find_state
  find_region
  export AWS_REGION=$region AWS_DEFAULT_REGION=$region
}

tf() { terraform -chdir="$root/terraform" "$@"; }

flat_outputs() { "$python" "$root/scripts/ops/flat_outputs.py" "$1" "$root/cfn-outputs/flat-outputs.json" "${@:2}"; }

# find_state: fails if the state is another environment's, or the environment is in another workspace or region.
find_state() {
  read_state "$TF_WORKSPACE"
  if [[ -z $state_suffix && $TF_WORKSPACE != default ]]; then
    read_state default
    [[ $state_suffix != "$suffix" ]] ||
      fail "the environment $suffix is in the Terraform workspace default, where a plain terraform apply puts it:" \
        "set TF_WORKSPACE=default"
    state_suffix='' state_region=''
  fi
  [[ -z $state_suffix || $state_suffix == "$suffix" ]] ||
    fail "the Terraform workspace $TF_WORKSPACE holds the environment $state_suffix, not $suffix"
  region=${region:-$state_region}
  # In another region Terraform would find nothing, and forget everything that it created.
  [[ -z $state_region || $state_region == "$region" ]] ||
    fail "the environment $suffix is in the region $state_region, not in $region"
}

# find_region: asks if no region is configured; Terraform would suggest a provider block instead.
find_region() {
  [[ -n $region ]] || region=$("$python" "$root/scripts/ops/aws_region.py")
  if [[ -z $region ]]; then
    [[ -t 0 ]] || fail "which AWS region? Give --region, or set AWS_REGION"
    read -r -p "Which AWS region, such as us-east-1? " region || true
  fi
  [[ $region =~ ^[a-z]+(-[a-z]+)+-[0-9]+$ ]] ||
    fail "region ${region:-(none)}: expected the id of an AWS region, such as us-east-1"
}

# read_state WORKSPACE: sets state_suffix and state_region from its outputs, empty if it has none.
read_state() {
  local identity
  TF_WORKSPACE=$1 tf output -json >"$work/state.json" || fail "the state in the workspace $1 cannot be read"
  identity=$("$python" "$root/scripts/ops/flat_outputs.py" identity "$work/state.json")
  read -r state_suffix state_region <<<"$identity"
}

# plan_and_apply QUESTION ARGUMENT...: shows the plan, asks, and applies exactly that plan.
plan_and_apply() {
  local question=$1 status=0 answer=''
  shift
  tf plan -detailed-exitcode -out="$work/plan" "$@" "${plan_arguments[@]}" || status=$?
  case $status in
    0) return ;;
    2) ;;
    *) fail "terraform plan failed; nothing was changed" ;;
  esac
  if [[ ! $approved ]]; then
    read -r -p "$question [y/N] " answer || true
    [[ $answer == [yY] || $answer == [yY][eE][sS] ]] || fail "not applied; nothing was changed"
  fi
  tf apply -input=false "$work/plan" ||
    fail "terraform apply failed partway; once the cause is fixed, the same command continues from there" \
      "(if a resource \"already exists\", import it: docs/operations.md#deploying)"
}
