#!/bin/sh
# Makes a browser available to the tests marked `browser`. Never fails: without one those tests are skipped and say so.
set -eu

if ! grep -rqs --include='*.py' 'mark\.browser' tests src; then
  exit 0 # nothing here looks at a page yet
fi
if command -v chromium >/dev/null 2>&1; then
  exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "No chromium on the path: tests of pages in a browser will be skipped. On Debian: apt-get install chromium"
  exit 0
fi
echo "installing chromium for the tests of pages"
if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1; then
  echo "chromium could not be installed: tests of pages in a browser will be skipped."
fi
