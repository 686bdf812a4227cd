#!/usr/bin/env bash
# Redis in its container. What it holds may be lost (docs/outbox.md), so nothing is written to a disk: /tmp is memory.
set -eu
umask 077
password="$(cat /run/secrets/queue_password)"
[ -n "$password" ] || { echo "secrets/queue_password is empty: deploy/containers/settings.sh makes it" >&2; exit 1; }
cat >/tmp/redis.conf <<CONF
requirepass $password
bind * -::*
save ""
appendonly no
maxmemory 256mb
maxmemory-policy noeviction
dir /tmp
CONF
exec redis-server /tmp/redis.conf
