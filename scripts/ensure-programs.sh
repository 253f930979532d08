#!/bin/bash
# ensure-programs.sh required|wanted command:debian-package ...
# Installs what is missing by apt-get, as root or through sudo. `wanted` warns and goes on when that is impossible.
set -uo pipefail
need=$1
shift

missing=()
for pair in "$@"; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
done
((${#missing[@]} == 0)) && exit 0

fail() {
  echo "$1" >&2
  [[ $need == wanted ]] && exit 0
  exit 1
}

command -v apt-get >/dev/null || fail "missing: ${missing[*]} (names of Debian's packages): install them with your package manager"
as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || fail "missing: ${missing[*]}; as root: apt-get install ${missing[*]}"
  # Without a terminal sudo could only wait for a password for ever.
  if [[ ! -t 0 ]] && ! sudo -n true 2>/dev/null; then
    fail "missing: ${missing[*]}; run: sudo apt-get install ${missing[*]}"
  fi
  as_root=(sudo)
fi

echo "installing ${missing[*]} (Debian packages) ..."
install() {
  # tshark asks whether others than root may capture: no (Debian's default).
  echo 'wireshark-common wireshark-common/install-setuid boolean false' | "${as_root[@]}" debconf-set-selections
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! install >"$log" 2>&1; then
  echo 'refreshing the package lists ...'
  "${as_root[@]}" apt-get update -q >>"$log" 2>&1
  if ! install >>"$log" 2>&1; then
    tail -n 5 "$log" >&2
    fail "could not install ${missing[*]}: see above"
  fi
fi
