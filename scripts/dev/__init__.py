"""Tools for developing this repository; operating an environment needs none of them."""
