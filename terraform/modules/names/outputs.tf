output "channels" {
  description = "Name of each channel's resources, by the channel's name."
  value       = local.channels
}

output "names" {
  description = "Name of each resource, by its kind."
  value       = local.names
}

output "names_for_channels" {
  description = "Name of each resource that all channels share, by its kind."
  value       = local.names_for_channels
}
