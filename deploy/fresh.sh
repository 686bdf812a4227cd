#!/usr/bin/env bash
# Builds .venv from the lock files as a new machine does: in an empty folder, with nothing cached, with the pip that this
# Python brings along. Then compares what is installed with what the lock files pin.
set -eu
root="$(cd "$(dirname "$0")/.." && pwd)"
empty="$(mktemp -d)"
trap 'rm -rf "$empty"' EXIT
for name in Makefile deploy requirements.txt requirements-dev.txt package.json package-lock.json .npmrc; do
  cp -r "$root/$name" "$empty"
done
cd "$empty"
env -u VIRTUAL_ENV -u MAKEFLAGS -u MAKELEVEL UV_NO_CACHE=1 PIP_NO_CACHE_DIR=1 npm_config_cache="$empty/npm-cache" \
  make --no-print-directory .venv/test.stamp .venv/audit.stamp node_modules/.stamp
.venv/bin/uv pip check --quiet --python .venv/bin/python
pins() { sed -nE 's/^([A-Za-z0-9._-]+)==([^ ;]+).*/\1==\2/p' "$@" | sort -u; }
pins deploy/locks/uv.txt requirements.txt requirements-dev.txt > pinned
# A pin for another system or Python stays out, and pip and setuptools come with the venv.
.venv/bin/uv pip freeze --python .venv/bin/python | grep -vE '^(pip|setuptools)==' | sort -u > installed
strangers="$(comm -13 pinned installed)"
if [ -n "$strangers" ]; then
  echo "Installed, but pinned in no lock file: $strangers" >&2
  exit 1
fi
echo "A fresh environment holds $(wc -l < installed) packages, each as a lock file pins it."
