#!/usr/bin/env bash
# Makes .venv with the first Python from 3.11 to 3.13 found here.
set -eu
for name in python3 python3.13 python3.12 python3.11; do
  if command -v "$name" >/dev/null &&
    "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
    found="$name"
    break
  fi
done
if [ -z "${found:-}" ]; then
  echo "Python 3.11, 3.12 or 3.13 is needed and none was found (apt-get install python3)." >&2
  exit 1
fi
if ! "$found" -c 'import ensurepip' 2>/dev/null; then
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
