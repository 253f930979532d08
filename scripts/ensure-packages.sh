#!/bin/bash
# Installs the npm packages when they are missing or differ from package-lock.json; otherwise takes a few milliseconds.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v node >/dev/null; then
  echo 'Node.js is missing: install version 20.19 or newer, see https://nodejs.org' >&2
  exit 1
fi
IFS=. read -r major minor _ < <(node -p 'process.versions.node')
if ((major < 20 || (major == 20 && minor < 19))); then
  echo "Node.js $(node -v) is too old: version 20.19 or newer is needed" >&2
  exit 1
fi

stamp=node_modules/.holdfast-lock
sum=$(sha256sum package-lock.json | cut -d' ' -f1)
[[ -f $stamp && $(<"$stamp") == "$sum" ]] && exit 0
# Installed by hand with npm from this very lock file.
if [[ ! -f $stamp && -f node_modules/.package-lock.json && ! package-lock.json -nt node_modules/.package-lock.json ]]; then
  echo "$sum" >"$stamp"
  exit 0
fi
echo 'installing npm packages (about a minute) ...'
npm ci --no-audit --no-fund --loglevel=error
echo "$sum" >"$stamp"
