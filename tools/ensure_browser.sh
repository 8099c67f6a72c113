#!/usr/bin/env bash
# The report is tested in a real Chromium: find one, else install one, else say how.
set -euo pipefail
playwright=$1
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if "$playwright" --version >/dev/null 2>&1 && ls ~/.cache/ms-playwright/chromium-* >/dev/null 2>&1; then
  exit 0
fi
echo "No Chromium found; installing one for the browser tests."
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null && exit 0
fi
"$playwright" install chromium && exit 0
echo "Could not install Chromium. Install it with your package manager, then run make test again." >&2
exit 1
