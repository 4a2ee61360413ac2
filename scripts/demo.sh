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
usage: scripts/demo.sh [--keep | --stop]

Builds the function, deploys it with Terraform into a local stand-in for AWS, launches instances with
and without the required tags, shows the verdicts, records, alerts, metrics, the alarm, what is remembered of
violations, and a storm of launches, and destroys everything again. Needs Rust, Python 3.11 and Terraform; no
AWS account, and no AWS account is touched.

  --keep   leaves the environment running, to play with
  --stop   ends one that was left running
USAGE
}

readonly suffix=demo
work=$root/target/demo

keep=
case ${1:-} in
  '') ;;
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

say "building the function (the first time takes some minutes: the EC2 SDK is large) ..."
began=$SECONDS
waited "$root/scripts/build.sh" >/dev/null
say "building the function ... $((SECONDS - began)) s"

# Each shard wakes the function by itself; of one, a storm is one message at once.
STANDIN_STREAM_SHARDS=1 environment_begin "$work"
# Nobody wants to watch for a minute how an instance is given time for its tags, or an owner's turn comes.
environment_define "$suffix" "$(function_zip quick "$(host_architecture)")" \
  -var settle_seconds=5 -var alert_group_wait_seconds=2 -var alert_group_interval_seconds=0
environment_apply
waited "$root/scripts/standin.sh" python "$root/scripts/dev/demo.py" "$work/$suffix/outputs.json"

heading='The same from a shell: terraform output -raw tag_policy | tag-compliance scan --policy -'
printf '\n%s\n%s\n' "$heading" "${heading//?/-}"
terraform -chdir="$environment_directory/terraform" output -raw tag_policy |
  "$(cargo_target_dir)/debug/tag-compliance" scan --policy - --region us-east-1 || (($? == 1))
printf '\n'

if [[ $keep ]]; then
  keep_environment=yes
  cat <<EOF
The environment is still there. In another shell, with the AWS CLI or any SDK:

  source target/demo/standin/env
  aws ec2 run-instances --image-id ami-0123456789abcdef0 --instance-type t3.nano --count 1
  aws s3 ls --recursive s3://compliance-logs-$suffix
  aws dynamodb scan --table-name tag-compliance-state-$suffix
  aws lambda invoke --function-name tag-compliance-checker-$suffix /dev/stdout

The endpoint is $AWS_ENDPOINT_URL; scripts/demo.sh --stop ends it.
EOF
else
  environment_destroy
fi
say "done after $((SECONDS - began)) s"
