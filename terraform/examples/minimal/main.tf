# All defaults: the region is the one of your AWS configuration, the zip the one that scripts/build.sh --release made.
module "tag_compliance" {
  source = "../.."

  suffix = "dev"
}
