variable "channels" {
  type        = set(string)
  description = "Names of the channels."
  default     = []
  nullable    = false
}

variable "suffix" {
  type        = string
  description = "Suffix of the environment. A pattern such as pr4* gives patterns of names."
  nullable    = false
}
