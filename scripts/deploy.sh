#!/usr/bin/env bash
# Deploys an environment to AWS. See "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly root
# shellcheck source=scripts/lib.sh
source "$root/scripts/lib.sh"
# shellcheck source=scripts/ops/terraform.sh
source "$root/scripts/ops/terraform.sh"

usage() {
  cat <<'USAGE'
usage: scripts/deploy.sh [SUFFIX] [--region R] [--arch arm64|x86_64] [--auto-approve] [-- terraform arguments]

Shows what Terraform would change in the environment SUFFIX, asks, applies just that, and writes the outputs to
cfn-outputs/flat-outputs.json, beside those of other stacks. Build first: scripts/build.sh --release

  SUFFIX           the environment (ENVIRONMENT_SUFFIX)
  --region R       its AWS region (AWS_REGION, or what the AWS configuration says; asked for where nothing does)
  --arch ARCH      the function's instruction set (Terraform's variable architecture: that of the zip that was built)
  --auto-approve   applies without asking
  --               the rest goes to terraform plan, such as -var 'alert_emails=["team@example.com"]';
                   -backend-config=..., -reconfigure and -upgrade go to terraform init

Each suffix has its own state: the Terraform workspace of that name (TF_WORKSPACE names another one), in
terraform/terraform.tfstate.d or in the backend that you have configured there.
USAGE
}

read_arguments "$@"
begin
plan_and_apply "Apply this plan to the environment $suffix?"
tf output -json >"$work/outputs.json"
flat_outputs add "$work/outputs.json"
say "the environment $suffix is deployed; its outputs are in cfn-outputs/flat-outputs.json"
