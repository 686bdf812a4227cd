#!/usr/bin/env bash
# What changes, stored each few seconds: in a container of its own, where POINT_IN_TIME_SECONDS is set in vatra.env.
set -eu
trap 'kill $(jobs -p) 2>/dev/null || true; wait || true; exit 0' TERM INT
case "${POINT_IN_TIME_SECONDS:-0}" in
  0 | 0.0 | "")
    echo "POINT_IN_TIME_SECONDS isn't set in vatra.env: nothing is stored between two nights."
    sleep infinity &
    wait
    ;;
esac
while true; do
  python manage.py point_in_time &
  wait || true
  # Each start makes a new base.
  sleep 300 &
  wait
done
