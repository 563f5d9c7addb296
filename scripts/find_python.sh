#!/bin/sh
# Prints the first Python on the path that is at least 3.11, or nothing.
set -eu

for candidate in python3.11 python3 python3.12 python3.13 python3.14 python; do
  if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    command -v "$candidate"
    exit 0
  fi
done
