# shellcheck shell=bash
# An environment in the local stand-in for AWS, for the demo and the tests: deployed with the same Terraform and the
# same commands as a real one. Source it after scripts/lib.sh.
# shellcheck disable=SC2154 # root is set by the script that sources this

# environment_begin WORK: starts the stand-in, and makes sure that nothing is left running when the script ends.
environment_begin() {
  work=$1
  keep_environment=
  needs_command terraform "Terraform 1.9 or newer"
  needs_command cargo "Rust, from rustup"
  end_leftovers
  rm -rf "$work"
  mkdir -p "$work"
  trap environment_end EXIT
  find_provider
  STANDIN_ALARM_SECONDS=${STANDIN_ALARM_SECONDS:-1} \
    "$root/scripts/standin.sh" start --state "$work/standin" --auth --retry-seconds 1
  # shellcheck source=/dev/null
  source "$work/standin/env"
}

# end_leftovers: ends what a killed run left behind; its environments only existed in the stand-in.
end_leftovers() {
  local process
  for process in $(pgrep -f -- "-chdir=$work/[^ ]*/terraform " || true); do
    end_tree "$process"
  done
  "$root/scripts/standin.sh" stop --state "$work/standin" >/dev/null
}

# environment_end: stops what environment_begin started, Terraform included.
environment_end() {
  local status=$?
  trap - EXIT INT TERM HUP
  end_jobs
  [[ $keep_environment ]] || "$root/scripts/standin.sh" stop --state "$work/standin"
  exit "$status"
}

# receivers_begin [OWNER]: starts local receivers of channels' messages, which end with the script; $work/channels.tfvars.json
# then has the variables of a channel for each, with a pattern of owners for instances of theirs only.
receivers_begin() {
  local receivers=$work/receivers.json
  # They end when their standard input does.
  tail -f /dev/null |
    "$root/scripts/standin.sh" python -m standin.receivers --standin "$AWS_ENDPOINT_URL" --ready-file "$receivers" >/dev/null &
  until [[ -f $receivers ]]; do
    kill -0 "$!" 2>/dev/null || fail "the receivers of messages do not start"
    sleep 0.1
  done
  PYTHONPATH=$root/scripts "$root/scripts/standin.sh" python -m dev.channels "$receivers" "$work/channels.tfvars.json" "$@"
}

# environment_define SUFFIX ZIP OPTION...: selects the environment for the functions below, with more options for
# Terraform's commands, and prepares a copy of terraform/ for it, so that nothing is written to the project.
environment_define() {
  environment_suffix=$1
  environment_directory=$work/$1
  environment_variables=(
    -var "suffix=$1" -var "lambda_zip_path=$2" -var "architecture=$(host_architecture)"
    -var "metric_namespace=TagCompliance/$1" "${@:3}"
  )
  export TF_IN_AUTOMATION=1 CHECKPOINT_DISABLE=1
  [[ ! -d $environment_directory/terraform ]] || return 0
  mkdir -p "$environment_directory"
  cp -R "$root/terraform" "$environment_directory/terraform"
  rm -rf "$environment_directory/terraform/.terraform" "$environment_directory/terraform/"*.tfstate*
  with_progress "terraform init" "$environment_directory/init.log" \
    terraform -chdir="$environment_directory/terraform" init -input=false -no-color -lockfile=readonly
}

# environment_apply: applies, and writes the outputs to WORK/SUFFIX/outputs.json.
environment_apply() {
  run_terraform apply -auto-approve
  terraform -chdir="$environment_directory/terraform" output -json >"$environment_directory/outputs.json"
}

# environment_plan: fails if a second plan would change anything.
environment_plan() {
  local log=$environment_directory/plan.log status=0
  terraform -chdir="$environment_directory/terraform" plan -detailed-exitcode -input=false -no-color \
    "${environment_variables[@]}" >"$log" 2>&1 || status=$?
  if ((status == 2)); then
    cat "$log" >&2
    fail "a second plan is not empty"
  fi
  ((status == 0)) || fail "terraform plan failed; the log is $log"
  say "a second plan is empty"
}

# environment_destroy: destroys, and fails if anything is left of the environment.
environment_destroy() {
  run_terraform destroy -auto-approve
  "$root/scripts/ops/leftovers.sh" "$environment_suffix"
}

# run_terraform COMMAND...: shows each resource as it is created or destroyed, and what takes long: the provider itself
# waits 25 s for a queue and a minute for a bucket's lifecycle rule.
run_terraform() {
  local text="terraform $1" log=$environment_directory/$1.log began=$SECONDS status=0
  say "$text ..."
  terraform -chdir="$environment_directory/terraform" "$@" -input=false -no-color "${environment_variables[@]}" \
    > >(tee "$log" | sed -nE -u 's/^([^ ]+: (Creation complete|Destruction complete|Still (creating|destroying)).*)/  \1/p' |
      sed -E -u 's/ \[id=.*//') 2>&1 &
  wait "$!" || status=$?
  if ((status)); then
    grep -A 20 'Error' "$log" >&2 || tail -n 20 "$log" >&2
    fail "$text failed after $((SECONDS - began)) s; the log is $log"
  fi
  say "$text ... $((SECONDS - began)) s"
}
