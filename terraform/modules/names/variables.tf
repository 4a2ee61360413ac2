variable "suffix" {
  type        = string
  description = "Suffix of the environment. A pattern such as pr4* gives patterns of names."
  nullable    = false
}
