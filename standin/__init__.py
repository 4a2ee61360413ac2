"""A local stand-in for AWS: MiniStack, plus what the product needs and MiniStack lacks."""
