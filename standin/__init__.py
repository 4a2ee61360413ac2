"""A local stand-in for AWS: MiniStack, and what the product needs that MiniStack lacks."""
