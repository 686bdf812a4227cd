#!/usr/bin/env bash
# Makes what compose.yaml needs besides itself: vatra.env with its keys, proxy.env and the passwords in secrets/. Asks the
# questions of deploy/install.sh, builds the image of the service, and never touches what is there already.
# `ENGINE=podman bash deploy/containers/settings.sh`; left out, docker is taken where it is.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=deploy/questions.sh
. deploy/questions.sh
ENGINE="${ENGINE:-$(command -v docker || command -v podman || true)}"
[ -n "$ENGINE" ] || stop "Neither docker nor podman is here."
for each in openssl python3; do command -v $each >/dev/null || stop "$each is needed."; done
[ ! -e vatra.env ] || stop "vatra.env is there: nothing was changed. To upgrade: unpack the new release here, then compose up -d --build."

ask_everything '^(postgresql)$' postgresql
say "The image of the service"
# shellcheck disable=SC2086
$ENGINE build ${BUILD_OPTIONS:-} --target service --tag localhost/vatra/service --file deploy/containers/Containerfile .
make_key() { $ENGINE run --rm --network none --env DJANGO_SETTINGS_MODULE=config.settings.local --env DATA_DIR=/tmp/key localhost/vatra/service \
  python manage.py "$@"; }

say "vatra.env, proxy.env, secrets/"
umask 077
mkdir -p secrets
for each in database queue; do
  [ -s secrets/${each}_password ] || openssl rand -hex 24 >secrets/${each}_password
done
# The containers' users are none of this machine's: whoever may enter this folder could read these, so it is shut (700).
chmod 700 secrets && chmod 644 secrets/*_password
queue=$(cat secrets/queue_password)
settings "postgres://vatra:$(cat secrets/database_password)@database:5432/vatra" "redis://:$queue@queue:6379/0" \
  "rediscache://:$queue@queue:6379/1" /backup >vatra.env.new
keys_are_whole vatra.env.new || stop "A key could not be made; vatra.env.new says which."
{
  echo "SITE_HOST=$VATRA_HOST"
  if [ "$VATRA_CERTIFICATE" != none ]; then echo "CERTIFICATE_EMAIL=$VATRA_CERTIFICATE"; fi
} >proxy.env
mv vatra.env.new vatra.env
echo "Copy the lines SECRET_KEY, VAULT_KEYS, AUDIT_KEYS and FIELD_KEYS of vatra.env off this machine now: without them nobody opens what is stored."
echo "Then: compose up -d --build, and: compose exec service python manage.py first_operator NAME E-MAIL"
