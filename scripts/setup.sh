#!/bin/sh
# Makes the virtual environment and installs exactly what requirements/dev.txt lists, each file checked by its hash.
# Usage: setup.sh PYTHON FOLDER
set -eu

python=$1
folder=$2

if [ -z "$python" ]; then
  echo "Dure needs Python 3.11 or later, and none is on the path. Install one, or say: make setup PYTHON=/path/to/python" >&2
  exit 1
fi

if [ ! -x "$folder/bin/python" ]; then
  echo "making $folder with $("$python" --version)"
  if ! "$python" -m venv "$folder"; then
    rm -rf "$folder"
    echo "This Python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2
    exit 1
  fi
fi

echo "installing what requirements/dev.txt lists (a minute or two the first time)"
# The list is whole, so nothing is to be resolved; a resolver would look at newer files that no hash stands for.
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements/dev.txt
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements/data.txt
# Hashes cannot cover the project itself; its build tools come from the list above, so nothing more is downloaded.
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
# Scripts that pages load; where they cannot be fetched, this says so and goes on.
"$folder/bin/python" -m scripts.fetch_assets
echo "ready: $folder/bin/dure"
