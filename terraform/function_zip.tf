locals {
  # scripts/build.sh --release puts its zips here.
  built_zips = { for architecture in ["arm64", "x86_64"] : architecture => "${path.module}/../target/lambda/bootstrap-${architecture}.zip" }

  given_zip = try(coalesce(var.lambda_zip_path, var.s3_key), null)

  # If both were built, arm64 wins: it is cheaper.
  built = local.given_zip == null ? [for architecture, zip in local.built_zips : architecture if fileexists(zip)] : []

  architecture = coalesce(var.architecture, concat(local.built, ["arm64"])...)

  lambda_zip_path = var.s3_key == null ? coalesce(var.lambda_zip_path, local.built_zips[local.architecture]) : null

  s3_object = var.s3_key == null ? null : { bucket = var.s3_bucket, key = var.s3_key, version = var.s3_object_version }
}

# Lambda accepts a zip built for the wrong architecture, and then fails every invocation.
check "architecture" {
  assert {
    condition     = try(regex("(arm64|x86_64)\\.zip$", local.given_zip)[0], local.architecture) == local.architecture
    error_message = "Judging by its name, ${coalesce(local.given_zip, "the zip")} is not for ${local.architecture}: set architecture."
  }
}
