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

Shows what Terraform would change in the environment SUFFIX, asks, applies exactly that, and adds the outputs to
cfn-outputs/flat-outputs.json, beside those of other stacks. Build first (scripts/build.sh --release), or take
the function from a release.

  SUFFIX           the environment (default: ENVIRONMENT_SUFFIX)
  --region R       its AWS region (default: AWS_REGION or the AWS configuration; asked for if neither has one)
  --arch ARCH      the function's instruction set (default: that of the zip that was built)
  --release TAG    take the function's zip from this release of the repository (GH_REPO, or that of this clone) after
                   verifying its checksum and GitHub's attestation that the release workflow built it from this tag. Needs
                   the GitHub CLI; arm64 unless --arch says otherwise. Terraform runs from this folder: check out the tag first
  --auto-approve   apply without asking
  --               pass the rest to terraform plan, such as -var 'alert_emails=["team@example.com"]';
                   -backend-config=..., -reconfigure and -upgrade go to terraform init

Each suffix has its own state: the Terraform workspace of that name (or TF_WORKSPACE), in
terraform/terraform.tfstate.d or in the backend that you have configured there.

The outputs of an environment that another one was deployed after:
  TF_WORKSPACE=SUFFIX terraform -chdir=terraform output -json
Terraform creates a workspace that doesn't exist and prints {}; `terraform -chdir=terraform workspace list` lists them.
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
