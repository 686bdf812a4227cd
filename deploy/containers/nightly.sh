#!/usr/bin/env bash
# Backups in a container of their own: at 02:30 of this machine's clock, and on the first of the month with the trial.
set -eu
trap 'exit 0' TERM INT
while true; do
  now=$(date +%s)
  next=$(date -d 'today 02:30' +%s)
  [ "$next" -gt "$now" ] || next=$(date -d 'tomorrow 02:30' +%s)
  sleep $((next - now)) & wait $!
  if [ "$(date +%d)" = 01 ]; then prove=--prove; else prove=""; fi
  # A backup that fails is noted by the command itself and mailed; the next night tries again.
  python manage.py backup $prove || true
done
