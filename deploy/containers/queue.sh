#!/usr/bin/env bash
# Redis in its container. What it holds may be lost (docs/outbox.md), so nothing is written to a disk.
set -eu
password="$(cat /run/secrets/queue_password)"
[ -n "$password" ] || { echo "secrets/queue_password is empty: deploy/containers/settings.sh makes it" >&2; exit 1; }
printf 'requirepass %s\nbind * -::*\nsave ""\nappendonly no\nmaxmemory 256mb\nmaxmemory-policy noeviction\ndir /tmp\n' "$password" | exec redis-server -
