#!/bin/sh
# A RUSTC_WORKSPACE_WRAPPER that instruments our own crates only, so that the dependencies are those of every build.
exec "$@" -C instrument-coverage
