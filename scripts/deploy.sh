#!/usr/bin/env bash
# Deploys an environment to AWS. See "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly root
# shellcheck source=scripts/lib.sh
source "$root/scripts/lib.sh"
# shellcheck source=scripts/ops/terraform.sh
source "$root/scripts/ops/terraform.sh"
# shellcheck source=scripts/ops/release.sh
source "$root/scripts/ops/release.sh"

usage() {
  cat <<'USAGE'
usage: scripts/deploy.sh [SUFFIX] [--region R] [--arch arm64|x86_64] [--release TAG] [--auto-approve] [-- terraform arguments]

Shows what Terraform would change in the environment SUFFIX, asks, applies just that, and writes the outputs to
cfn-outputs/flat-outputs.json, beside those of other stacks. Build first (scripts/build.sh --release), or take
the function from a release.

  SUFFIX           the environment (ENVIRONMENT_SUFFIX)
  --region R       its AWS region (AWS_REGION, or what the AWS configuration says; asked for where nothing does)
  --arch ARCH      the function's instruction set (Terraform's variable architecture: that of the zip that was built)
  --release TAG    takes the function's zip from this release of the repository (GH_REPO, or that of this clone), once its sum
                   and GitHub's attestation show that the release's workflow built it from this tag; needs the GitHub CLI.
                   For arm64, unless --arch says otherwise. The Terraform is that of this folder: check the tag out first
  --auto-approve   applies without asking
  --               the rest goes to terraform plan, such as -var 'alert_emails=["team@example.com"]';
                   -backend-config=..., -reconfigure and -upgrade go to terraform init

Each suffix has its own state: the Terraform workspace of that name (TF_WORKSPACE names another one), in
terraform/terraform.tfstate.d or in the backend that you have configured there.
USAGE
}

# shellcheck disable=SC2034 # read by read_arguments
takes_release=yes
read_arguments "$@"
# shellcheck disable=SC2154 # release is set by read_arguments
[[ -z $release ]] || take_release
begin
plan_and_apply "Apply this plan to the environment $suffix?"
tf output -json >"$work/outputs.json"
flat_outputs add "$work/outputs.json"
say "the environment $suffix is deployed; its outputs are in cfn-outputs/flat-outputs.json"
