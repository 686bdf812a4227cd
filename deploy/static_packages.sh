#!/usr/bin/env bash
# Puts into .static what pages are served of npm's packages: Argon2id for phones that store (docs/adr/0174). npm holds
# each package to the hash in package-lock.json. Where npm is missing or its index isn't reached, phones derive their
# keys with PBKDF2, which every browser has, and the service starts all the same.
set -eu
wanted=.static/hash-wasm
stamp="$wanted/.lock"
if [ -f "$stamp" ] && cmp -s package-lock.json "$stamp"; then
  exit 0
fi
npm=""
for found in .venv/bin/npm "$(command -v npm || true)"; do
  if [ -n "$found" ] && [ -x "$found" ]; then
    npm="$found"
    break
  fi
done
if [ -z "$npm" ]; then
  echo "npm isn't here: phones that store use PBKDF2 instead of Argon2id (docs/operator.md)." >&2
  exit 0
fi
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cp package.json package-lock.json .npmrc "$folder/"
if ! "$npm" ci --prefix "$folder" --omit=dev --loglevel=error >&2; then
  echo "npm's index wasn't reached: phones that store use PBKDF2 instead of Argon2id until the next start." >&2
  exit 0
fi
rm -rf "$wanted"
mkdir -p "$wanted"
cp "$folder/node_modules/hash-wasm/dist/argon2.umd.min.js" "$wanted/"
cp package-lock.json "$stamp"
