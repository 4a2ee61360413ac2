#!/usr/bin/env bash
# Shows the whole system on this machine. See "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly root
# shellcheck source=scripts/lib.sh
source "$root/scripts/lib.sh"
# shellcheck source=scripts/dev/environment.sh
source "$root/scripts/dev/environment.sh"

usage() {
  cat <<'USAGE'
usage: scripts/demo.sh [--voices | --keep | --stop]

Builds the function, deploys it with Terraform to a local stand-in for AWS, launches instances with and
without the required tags, shows the evaluations, audit records, alerts, metrics, the alarm, the open
violations and a storm of launches, and destroys everything again. Needs Rust, Python 3.11 or newer and
Terraform. Needs no AWS account, and touches none.

  --voices  show instead what owners get by email, and what Slack, Teams, PagerDuty, Jira Service Management, Amazon Q Developer
            and a webhook get; local receivers take their places
  --keep    leave the environment running, to experiment with and to try the commands of docs/operations.md; prints how
            to reach it, get its outputs and apply another setting
  --stop    stop an environment that was left running
USAGE
}

readonly suffix=demo
work=$root/target/demo

keep=
voices=
case ${1:-} in
  '') ;;
  --voices) voices=yes ;;
  --keep) keep=yes ;;
  --stop)
    exec "$root/scripts/standin.sh" stop --state "$work/standin"
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

say "building the function (the first time takes a few minutes: the EC2 SDK is large) ..."
began=$SECONDS
waited "$root/scripts/build.sh" >/dev/null
say "building the function ... $((SECONDS - began)) s"

# Each shard wakes the function separately; with a single shard, a storm is one message.
STANDIN_STREAM_SHARDS=1 environment_begin "$work"
variables=()
if [[ $voices ]]; then
  receivers_begin ''
  variables=(-var-file="$work/channels.tfvars.json" -var-file="$root/scripts/dev/demo_voices.tfvars.json")
fi
# Short, so that nobody has to wait a minute for a grace period or a grouped alert.
environment_define "$suffix" "$(function_zip quick "$(host_architecture)")" \
  -var settle_seconds=5 -var alert_group_wait_seconds=2 -var alert_group_interval_seconds=0 \
  "${variables[@]}"
environment_apply
if [[ $voices ]]; then
  PYTHONPATH=$root/scripts waited "$root/scripts/standin.sh" python -m dev.demo_voices "$work/$suffix/outputs.json" \
    "$work/receivers.json"
  printf '\n'
  environment_destroy
  say "done after $((SECONDS - began)) s"
  exit
fi
PYTHONPATH=$root/scripts waited "$root/scripts/standin.sh" python -m dev.demo "$work/$suffix/outputs.json"

heading='The same from a shell: terraform output -raw tag_policy | tag-compliance scan --policy -'
printf '\n%s\n%s\n' "$heading" "${heading//?/-}"
terraform -chdir="$environment_directory/terraform" output -raw tag_policy |
  "$(cargo_target_dir)/debug/tag-compliance" scan --policy - --region us-east-1 || (($? == 1))
printf '\n'

if [[ $keep ]]; then
  keep_environment=yes
  # So that an apply by hand changes what it names and nothing else.
  for variable in "${environment_variables[@]}"; do
    [[ $variable == -var ]] || printf '%s = "%s"\n' "${variable%%=*}" "${variable#*=}"
  done >"$environment_directory/terraform/demo.auto.tfvars"
  cat <<EOF
The environment is still running. In another shell, with the AWS CLI 2.13 or newer, or an SDK:

  source target/demo/standin/env
  aws ec2 run-instances --image-id ami-0123456789abcdef0 --instance-type t3.nano --count 1
  aws s3 ls --recursive s3://compliance-logs-$suffix
  aws dynamodb scan --table-name tag-compliance-state-$suffix
  aws lambda invoke --function-name tag-compliance-checker-$suffix /dev/stdout
  scripts/redrive.sh --outputs target/demo/$suffix/outputs.json --dry-run

Its outputs:        terraform -chdir=target/demo/$suffix/terraform output
Another setting:    terraform -chdir=target/demo/$suffix/terraform apply -var log_level=DEBUG
The manual for it:  docs/operations.md, with $suffix where it says prod

The endpoint is $AWS_ENDPOINT_URL. Stop it with scripts/demo.sh --stop.
EOF
else
  environment_destroy
fi
say "done after $((SECONDS - began)) s"
