#!/bin/sh
# Makes a token of software available to the tests of keys in a token. Never fails: without one they are skipped and say so.
set -eu

if command -v softhsm2-util >/dev/null 2>&1; then
  exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "No softhsm2-util on the path: tests of keys in a token will be skipped. On Debian: apt-get install softhsm2"
  exit 0
fi
echo "installing softhsm2 for the tests of keys in a token"
if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends softhsm2; } >/dev/null 2>&1; then
  echo "softhsm2 could not be installed: tests of keys in a token will be skipped."
fi
