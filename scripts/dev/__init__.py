"""What developing needs, and operating does not."""
