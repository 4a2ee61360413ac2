variable "architecture" {
  type        = string
  description = "Instruction set of the function's zip: arm64 or x86_64."
  default     = "arm64"
}

variable "image_id" {
  type        = string
  description = "AMI of your instances, such as ami-0123456789abcdef0."
}

variable "region" {
  type        = string
  description = "Region of your instances, and of the environment that checks them."
  default     = "eu-central-1"
}

variable "suffix" {
  type        = string
  description = "Suffix of the environment."
  default     = "shop"
}
