#!/usr/bin/env bash
# Makes .venv, where there is none, with the newest Python from 3.11 to 3.13 found here that can make one (or the one
# that PYTHON names): what was measured took a seventh less of a processor with 3.13 (docs/adr/0238). Puts uv into it:
# uv installs exactly what a lock file pins, where the pip that a Python brings along may take a newer release and find
# no hash for it.
set -eu
install_uv() {
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r deploy/locks/uv.txt
}
if [ -x .venv/bin/python ]; then
  install_uv
  exit 0
fi
wanted="${PYTHON:-python3.13 python3.12 python3.11 python3}"
for name in $wanted; do
  if command -v "$name" >/dev/null &&
    "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
    first="${first:-$name}"
    if "$name" -c 'import ensurepip' 2>/dev/null; then
      found="$name"
      break
    fi
  fi
done
if [ -z "${first:-}" ]; then
  echo "Python 3.11, 3.12 or 3.13 is needed, and is none of: $wanted (apt-get install python3)." >&2
  exit 1
fi
if [ -z "${found:-}" ]; then
  found="$first"
  package="$("$found" -c 'import sys; print(f"python3.{sys.version_info[1]}-venv")')"
  if [ "$(id -u)" -ne 0 ]; then
    echo "Python's venv module is missing. Run this once, then try again:" >&2
    echo "  sudo apt-get update && sudo apt-get install --no-install-recommends -y $package" >&2
    exit 1
  fi
  apt-get update -qq >/dev/null
  apt-get install -y -qq --no-install-recommends "$package" >/dev/null
fi
echo "Making .venv with $("$found" --version) ..."
"$found" -m venv .venv
install_uv
