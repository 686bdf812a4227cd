#!/usr/bin/env bash
# Checks the Debian packages that running (`run`), testing (`test`) or testing on another day (`days`) needs; installs
# the missing ones when root.
set -eu
case "${1:-run}" in
  run) wanted="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz0b libharfbuzz-subset0 libfontconfig1" ;;
  test) wanted="chromium chromium-headless-shell default-jre-headless gettext git nginx-light postgresql redis-server softhsm2 wrk" ;;
  days) wanted="libfaketime" ;;
  *) echo "usage: packages.sh run|test|days" >&2; exit 2 ;;
esac
if ! command -v dpkg-query >/dev/null; then
  echo "This is not a Debian machine: install what these packages hold yourself: $wanted" >&2
  exit 0
fi
missing=""
for name in $wanted; do
  dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing="$missing $name"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "Missing system packages. Run this once, then try again:" >&2
  echo "  sudo apt-get update && sudo apt-get install --no-install-recommends -y$missing" >&2
  exit 1
fi
echo "Installing system packages:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >/dev/null
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
