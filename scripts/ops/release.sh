# shellcheck shell=bash
# Takes the function's zip from a release, after verifying that the release workflow built it. Source it after terraform.sh.
# shellcheck disable=SC2154 # root, release and arch are set by the script that sources this

# take_release: puts the verified zip of the release where Terraform looks for one built here.
take_release() {
  local repository zip folder=$root/target/lambda part sum
  arch=${arch:-arm64}
  [[ $arch == arm64 || $arch == x86_64 ]] || fail "--arch: expected x86_64 or arm64, got $arch"
  [[ $release =~ ^v[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]*$ ]] || fail "--release: expected the tag of a release, such as v1.2.3, got $release"
  needs_command gh "the GitHub CLI, from https://cli.github.com"
  repository=${GH_REPO:-$(cd "$root" && gh repo view --json nameWithOwner --jq .nameWithOwner)} ||
    fail "which repository? Run gh auth login in a clone of it, or set GH_REPO=OWNER/REPOSITORY"
  zip=bootstrap-$arch.zip
  mkdir -p "$folder"
  part=$(mktemp -d "$folder/release.XXXXXX")
  trap 'end_jobs; rm -rf "$part"' EXIT
  gh release download "$release" --repo "$repository" --dir "$part" --pattern "$zip" --pattern SHA256SUMS ||
    fail "the release $release of $repository has no $zip with a checksum, or cannot be read; nothing was changed"
  sum=$("$(find_python)" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$part/$zip")
  grep -qxF "$sum  $zip" "$part/SHA256SUMS" || fail "$zip does not match the checksum in the release's SHA256SUMS; nothing was changed"
  gh attestation verify "$part/$zip" --repo "$repository" --source-ref "refs/tags/$release" \
    --signer-workflow "$repository/.github/workflows/release.yml" --deny-self-hosted-runners >&2 ||
    fail "no attestation shows that $repository built this $zip from $release; nothing was changed"
  mv "$part/$zip" "$folder/$zip"
  rm -rf "$part"
  trap end_jobs EXIT
  say "$zip of $release was built by $repository: sha256 $sum"
  # The path of Terraform's default, so that a zip built here later does not change it.
  plan_arguments+=(-var "architecture=$arch" -var "lambda_zip_path=./../target/lambda/$zip")
}
