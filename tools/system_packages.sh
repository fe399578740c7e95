#!/bin/sh
# Installs Debian packages whose programs this machine lacks.
# Each argument is `program|another program=package`: any of the programs will do.
set -eu

missing=
for wanted in "$@"; do
  found=
  for program in $(echo "${wanted%%=*}" | tr '|' ' '); do
    if command -v "$program" >/dev/null; then found=yes; fi
  done
  if [ -z "$found" ]; then missing="$missing ${wanted#*=}"; fi
done
if [ -z "$missing" ]; then exit 0; fi

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "These packages are missing:$missing. Install them, or their programs under the same names," \
    "and try again (on Debian, as root: apt-get install$missing)." >&2
  exit 1
fi
echo "Installing$missing: once"
log=$(mktemp)
# shellcheck disable=SC2086 - one word for each package
if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive \
  apt-get install -q -y --no-install-recommends $missing; } >"$log" 2>&1; then
  cat "$log" >&2
  echo "apt-get could not install$missing; what it said is above." >&2
  exit 1
fi
rm -f "$log"
