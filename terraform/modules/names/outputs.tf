output "names" {
  description = "Name of each resource, by its kind."
  value       = local.names
}
