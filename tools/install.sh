#!/usr/bin/env bash
# Installs packages into the environment of a Python: with uv, in seconds; with pip if uv fails.
#
#   tools/install.sh PYTHON ARGUMENT…         the arguments that both installers take
#
# uv itself comes from the index by pip, at the version that requirements.txt pins, into .venv.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=$1
shift
own=.venv/bin/python
pip=("$own" -m pip --python "$target" install --disable-pip-version-check --no-input --quiet)

# uv reads none of pip's settings, and a company's own index stands there.
index=${PIP_INDEX_URL:-$("$own" -m pip config list | sed -n "s/^[^ ]*\.index-url='\(.*\)'$/\1/p" | tail -n 1)}
if [ -n "$index" ] && [ -z "${UV_DEFAULT_INDEX:-}" ]; then
  export UV_DEFAULT_INDEX=$index
fi

uv=$(grep '^uv==' requirements.txt)
has_uv() {
  [ "$(.venv/bin/uv --version 2>/dev/null | cut -d ' ' -f 2)" = "${uv#uv==}" ] && return
  echo "Setting up: the installer $uv"
  "$own" -m pip install --disable-pip-version-check --no-input --quiet "$uv"
}
without_package_list() { grep --line-buffered --invert-match '^ [+~-] ' || true; }

if has_uv && .venv/bin/uv pip install --python "$target" "$@" 2>&1 | without_package_list; then
  exit
fi
echo "uv could not install this, so pip does it, which takes longer" >&2
exec "${pip[@]}" "$@"
