#!/usr/bin/env bash
# Applies or destroys the environment of one pull request. See "usage" below.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: .github/scripts/pr-environment.sh apply ZIP OUTPUTS
       .github/scripts/pr-environment.sh destroy

  apply     deploy the function's ZIP, and write what `terraform output -json` prints to OUTPUTS
  destroy   destroy the environment, delete its state, and fail if anything of that name is left; a state with an address
            that the configuration does not have, or a resource of another name, is not touched

Only for the workflows: the pull request's code writes the state, and only their roles limit what it can reach.
Needs Terraform 1.11, Python 3.11, the AWS CLI, AWS credentials, and in the environment AWS_REGION,
GITHUB_REPOSITORY_ID, PERMISSIONS_BOUNDARY_ARN, PULL_REQUEST and TERRAFORM_STATE_BUCKET.
USAGE
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
readonly root

# A mistake here would act on another environment.
[[ ${PULL_REQUEST:?} =~ ^[1-9][0-9]{0,8}$ ]] || {
  printf 'PULL_REQUEST is not a number: %q\n' "$PULL_REQUEST" >&2
  exit 2
}
readonly state_key=pr/$PULL_REQUEST/terraform.tfstate
readonly variables=(
  -var "suffix=pr$PULL_REQUEST"
  -var "metric_namespace=TagCompliance/pr$PULL_REQUEST"
  -var "log_bucket_name=compliance-logs-pr$PULL_REQUEST-${GITHUB_REPOSITORY_ID:?}"
  -var "permissions_boundary_arn=${PERMISSIONS_BOUNDARY_ARN:?}"
  -var "architecture=x86_64"
  # The account has one default event bus: code of a pull request could forge the events of another environment there, and with
  # them what its channels say.
  -var "violation_events_enabled=false"
)

# Only here is the state in S3: that of a person's own environment stays on their machine.
init() {
  cd "$root/terraform"
  printf 'terraform {\n  backend "s3" {}\n}\n' >backend_override.tf
  terraform init -input=false -no-color -lockfile=readonly \
    -backend-config="bucket=${TERRAFORM_STATE_BUCKET:?}" -backend-config="key=$state_key" \
    -backend-config="region=${AWS_REGION:?}" -backend-config="encrypt=true" -backend-config="use_lockfile=true"
}

case ${1:-} in
  apply)
    zip=$(realpath "${2:?}")
    outputs=$(realpath "${3:?}")
    init
    terraform apply -auto-approve -input=false -no-color "${variables[@]}" -var "lambda_zip_path=$zip"
    terraform output -json >"$outputs"
    ;;
  destroy)
    init
    terraform plan -destroy -input=false -no-color -out=destroy.tfplan "${variables[@]}"
    terraform show -json destroy.tfplan | python3 "$root/scripts/ops/state_check.py" "pr$PULL_REQUEST"
    terraform apply -input=false -no-color destroy.tfplan
    aws s3 rm "s3://$TERRAFORM_STATE_BUCKET/$state_key"
    # AWS may still list deleted resources for a minute.
    "$root/scripts/ops/leftovers.sh" --pull-requests "$PULL_REQUEST" || {
      sleep 60
      "$root/scripts/ops/leftovers.sh" --pull-requests "$PULL_REQUEST"
    }
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac
