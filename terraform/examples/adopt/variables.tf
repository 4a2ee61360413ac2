# Set these as they were when the environment was applied.

variable "architecture" {
  type        = string
  description = "Instruction set of the function."
  default     = null
}

variable "lambda_zip_path" {
  type        = string
  description = "Path of the function's zip."
  default     = null
}

variable "metric_namespace" {
  type        = string
  description = "CloudWatch namespace of the metrics."
  default     = "TagCompliance"
}

variable "suffix" {
  type        = string
  description = "Suffix of the environment."
}
