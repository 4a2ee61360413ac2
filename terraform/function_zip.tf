locals {
  # Where scripts/build.sh --release puts its zips.
  built_zips = { for architecture in ["arm64", "x86_64"] : architecture => "${path.module}/../target/lambda/bootstrap-${architecture}.zip" }

  given_zip = try(coalesce(var.lambda_zip_path, var.s3_key), null)

  # Of what was built, arm64 comes first: it is cheaper.
  built = local.given_zip == null ? [for architecture, zip in local.built_zips : architecture if fileexists(zip)] : []

  architecture = coalesce(var.architecture, concat(local.built, ["arm64"])...)

  lambda_zip_path = var.s3_key == null ? coalesce(var.lambda_zip_path, local.built_zips[local.architecture]) : null

  s3_object = var.s3_key == null ? null : { bucket = var.s3_bucket, key = var.s3_key, version = var.s3_object_version }
}

# Lambda takes any zip, and fails at each invocation where it is for another architecture.
check "architecture" {
  assert {
    condition     = try(regex("(arm64|x86_64)\\.zip$", local.given_zip)[0], local.architecture) == local.architecture
    error_message = "By its name, ${coalesce(local.given_zip, "the zip")} is not for ${local.architecture}: set architecture."
  }
}
