#!/usr/bin/env bash
# Installs the Debian packages of scripts/packages.txt that are missing, and with npm the packages of sim/page (for the
# page of `npusim report`). Does nothing, and needs no rights, where all are there. Works from any folder, any number of
# times.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

if ! command -v dpkg-query >/dev/null; then
  echo "setup: this is no Debian system; install the equivalents of scripts/packages.txt by hand" >&2
  exit 0
fi

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Only the report page needs npm's packages; everything else builds without them. An npm that is there, from wherever,
# serves (a Node.js of another origin brings one and conflicts with Debian's); Debian's is tried otherwise.
install_page_packages() {
  [ -d "$root/sim/page/node_modules/esbuild" ] && return
  if ! command -v npm >/dev/null && { [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null; }; then
    echo "setup: installing npm"
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -qq --no-install-recommends install npm >/dev/null || true
  fi
  if ! command -v npm >/dev/null; then
    echo "setup: no npm, so \`npusim report\` will have no page; install npm and run this again" >&2
    return
  fi
  echo "setup: installing npm's packages for the report page"
  (cd "$root/sim/page" && npm ci --no-audit --no-fund --loglevel=error) ||
    echo "setup: npm could not install them, so \`npusim report\` will have no page; see above" >&2
}

missing=()
while read -r package _; do
  case "$package" in '' | '#'*) continue ;; esac
  installed "$package" || missing+=("$package")
done <"$root/scripts/packages.txt"

if [ ${#missing[@]} -eq 0 ]; then
  install_page_packages
  echo "setup: all packages are installed"
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: run as root, or install sudo, or install by hand: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "setup: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends)
"${apt[@]}" update >/dev/null
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
if ! "${apt[@]}" install "${missing[@]}" >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  echo "setup: apt-get could not install the packages" >&2
  exit 1
fi
install_page_packages
echo "setup: done"
