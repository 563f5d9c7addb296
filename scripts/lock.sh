#!/bin/sh
# Chooses versions for everything that pyproject.toml and build.in ask for, and writes them down with their hashes.
# The files hold no address: where packages come from is the ordinary configuration of each machine.
# Usage: lock.sh PYTHON
set -eu

python=$1
"$python" -m pip install --quiet --disable-pip-version-check uv

compile() {
  target=$1
  shift
  "$python" -m uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
    --custom-compile-command "make lock" --output-file "$target" "$@"
  echo "$target: $(grep -c == "$target") packages"
}

# run.txt is what a node needs, whatever it is to do; dev.txt is that and the tools, and is what `make setup` installs.
compile requirements/run.txt --extra flights --extra payments --extra shipment --extra chain-id --extra pkcs11 --extra s3 \
  pyproject.toml
compile requirements/dev.txt --extra flights --extra payments --extra shipment --extra health --group dev --constraint requirements/run.txt \
  pyproject.toml requirements/build.in
# data.txt is read by demos and tests only, and installed without dependencies.
compile requirements/data.txt --no-deps requirements/data.in
