#!/usr/bin/env bash
# Destroys an environment. See "usage" below.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly root
# shellcheck source=scripts/lib.sh
source "$root/scripts/lib.sh"
# shellcheck source=scripts/ops/terraform.sh
source "$root/scripts/ops/terraform.sh"

usage() {
  cat <<'USAGE'
usage: scripts/destroy.sh [SUFFIX] [--region R] [--auto-approve] [-- terraform arguments]

Shows what Terraform would destroy in the environment SUFFIX, its audit log included, asks, destroys exactly that, and
removes the environment's outputs from cfn-outputs/flat-outputs.json.

  SUFFIX           the environment (default: ENVIRONMENT_SUFFIX)
  --region R       its AWS region (default: AWS_REGION, or the one in its state)
  --auto-approve   destroy without asking
  --               pass the rest to terraform plan;
                   -backend-config=..., -reconfigure and -upgrade go to terraform init

The state is the one that scripts/deploy.sh uses: the Terraform workspace of that name (or TF_WORKSPACE), which is
deleted afterwards.
USAGE
}

read_arguments "$@"
begin
plan_and_apply "Destroy the environment $suffix, its audit log included?" -destroy
flat_outputs remove "$suffix" "$region"
TF_WORKSPACE=default tf workspace list >"$work/workspaces"
if [[ $TF_WORKSPACE == "$suffix" && $suffix != default ]] && grep -qx "[* ] $suffix" "$work/workspaces"; then
  TF_WORKSPACE=default tf workspace delete "$suffix" >/dev/null
fi
say "nothing is left of the environment $suffix in Terraform's state"
