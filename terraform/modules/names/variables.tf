variable "suffix" {
  type        = string
  description = "Suffix of the environment; a pattern of suffixes gives patterns of names."
  nullable    = false
}
