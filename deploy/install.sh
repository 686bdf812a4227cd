#!/usr/bin/env bash
# Installs the service on Debian 12 or 13, and upgrades it: `bash deploy/install.sh`, as root, from the folder of an unpacked
# release. The first time it asks six questions and makes the keys; settings, keys and data that are there already are never
# touched. docs/operator.md, Install, says what it does and how each answer is given without being asked.
set -eu
umask 022

FROM="$(cd "$(dirname "$0")/.." && pwd)"
HOME_OF_ALL=/srv/vatra
APP=$HOME_OF_ALL/app
DATA=$HOME_OF_ALL/data
SETTINGS=/etc/vatra.env
RELEASE=$HOME_OF_ALL/releases/$(date -u +%Y%m%d-%H%M%S)
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
# shellcheck source=deploy/questions.sh
. "$FROM/deploy/questions.sh"
# shellcheck source=deploy/certificate.sh
. "$FROM/deploy/certificate.sh"

in_release() { runuser -u vatra -- env -C "$RELEASE" PATH=/usr/local/bin:/usr/bin:/bin HOME="$RELEASE" "$@"; }
has_systemd() { [ -d /run/systemd/system ]; }

write_settings() {
  say "Keys and $SETTINGS"
  local database="sqlite:///$DATA/vatra.sqlite3" broker="" cache="" scratch
  scratch="$(mktemp -d)"
  chown vatra: "$scratch"
  make_key() { in_release env DJANGO_SETTINGS_MODULE=config.settings.local DATA_DIR="$scratch" PYTHONPATH="$RELEASE/site:$RELEASE" \
    .venv/bin/python manage.py "$@"; }
  if [ "$VATRA_DATABASE" = postgresql ]; then
    set_up_postgresql
    database="postgres://vatra:$(cat /etc/vatra/database.password)@127.0.0.1:5432/vatra"
    broker="redis://:$(cat /etc/vatra/redis.password)@127.0.0.1:6379/0"
    cache="rediscache://:$(cat /etc/vatra/redis.password)@127.0.0.1:6379/1"
  fi
  (
    umask 077
    { settings "$database" "$broker" "$cache" $HOME_OF_ALL/backup; echo "DATA_DIR=$DATA"; } >"$SETTINGS.new"
  )
  rm -rf "$scratch"
  keys_are_whole "$SETTINGS.new" || stop "A key could not be made; $SETTINGS.new says which."
  mv "$SETTINGS.new" "$SETTINGS"
}

set_up_postgresql() {
  apt-get install -y -qq --no-install-recommends postgresql redis-server >/dev/null
  install -d -m 700 /etc/vatra
  for each in database redis; do
    [ -s /etc/vatra/$each.password ] || (umask 077 && openssl rand -hex 24 >/etc/vatra/$each.password)
  done
  printf '# Made by deploy/install.sh.\nbind 127.0.0.1\nrequirepass %s\n' "$(cat /etc/vatra/redis.password)" >/etc/redis/vatra.conf
  chown redis: /etc/redis/vatra.conf && chmod 600 /etc/redis/vatra.conf
  grep -qx 'include /etc/redis/vatra.conf' /etc/redis/redis.conf || echo 'include /etc/redis/vatra.conf' >>/etc/redis/redis.conf
  if has_systemd; then
    systemctl restart redis-server postgresql
  else
    pg_ctlcluster "$(pg_lsclusters -h | awk 'NR == 1 { print $1 }')" main start 2>/dev/null || true
    runuser -u redis -- redis-server /etc/redis/redis.conf --daemonize yes >/dev/null
  fi
  for _try in $(seq 60); do
    runuser -u postgres -- psql -qc 'SELECT 1' >/dev/null 2>&1 && break
    sleep 1
  done
  # By standard input, so that no list of processes shows the password. CREATEDB: the trial of a backup makes a database.
  runuser -u postgres -- psql -q -v ON_ERROR_STOP=1 >/dev/null <<SQL
DO \$\$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'vatra') THEN CREATE ROLE vatra LOGIN; END IF;
END \$\$;
ALTER ROLE vatra LOGIN CREATEDB PASSWORD '$(cat /etc/vatra/database.password)';
SELECT 'CREATE DATABASE vatra OWNER vatra ENCODING ''UTF8'' TEMPLATE template0'
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'vatra') \gexec
\c vatra
CREATE EXTENSION IF NOT EXISTS unaccent;
SQL
}

install_packages() {
  say "Debian packages"
  apt-get update -qq >/dev/null
  apt-get install -y -qq --no-install-recommends acl adduser ca-certificates certbot make nginx-light openssl python3 python3-venv >/dev/null
  bash "$FROM/deploy/packages.sh" run
}

# Each release has a folder and an environment of its own; /srv/vatra/app leads to the one that runs. It is built as
# vatra and belongs to root afterwards: the service can't change its own program.
lay_down_the_release() {
  say "The release, in $RELEASE"
  id vatra >/dev/null 2>&1 || adduser --quiet --system --group --home $HOME_OF_ALL vatra
  install -d -m 755 $HOME_OF_ALL $HOME_OF_ALL/releases
  install -d -m 700 -o vatra -g vatra $DATA $HOME_OF_ALL/backup
  install -d -m 755 -o vatra -g vatra "$RELEASE"
  tar -C "$FROM" -c --exclude=./.git --exclude=./.venv --exclude=./node_modules --exclude=./var --exclude=./.test-output \
    --exclude=./.test-templates --exclude=__pycache__ --exclude='*.mo' . | tar -C "$RELEASE" -x --no-same-owner
  chown -R vatra: "$RELEASE"
  # Debian's own Python first: Debian mends it, and not another that was put beside it.
  in_release env PYTHON="python3 python3.13 python3.12 python3.11" make --silent .venv/run.stamp
  in_release make --silent static-packages
  in_release env PYTHONPATH="$RELEASE/site:$RELEASE" .venv/bin/python -m config.catalogs
  in_release .venv/bin/python -m compileall -q -j 0 site case_forms content notifications outreach_pages .venv/lib >/dev/null || true
  rm -rf "$RELEASE/.cache" "$RELEASE/.npm"
  chown -R root:root "$RELEASE"
  # Also where the release was unpacked so that nobody but root reads it.
  chmod -R u=rwX,go=rX "$RELEASE"
}

# With the new release and the settings of this machine, while the old one still serves.
prepare_the_release() {
  say "Settings, translations, static files"
  sed "s|^APP = .*|APP = Path(\"$RELEASE\")|" "$RELEASE/deploy/vatra" | python3 -I - prepare
}

take_the_release() {
  local before=""
  if [ -L $APP ]; then
    before="$(readlink -f $APP)"
  elif [ -d $APP ]; then
    before="$HOME_OF_ALL/releases/before-$(basename "$RELEASE")"
    mv $APP "$before"  # laid down by hand earlier
  fi
  ln -sfn "$RELEASE" $APP.new
  mv -T $APP.new $APP
  # The one before stays, to go back to; what is older goes, and what was never whole.
  find $HOME_OF_ALL/releases -mindepth 1 -maxdepth 1 -type d ! -path "$RELEASE" ! -path "${before:-none}" -exec rm -rf {} +
}

set_up_nginx() {
  local name
  name="$(sed -n 's/^ALLOWED_HOSTS=\([^,]*\).*/\1/p' $SETTINGS)"
  say "nginx for $name"
  certificate_of_our_own "$name"
  local site=/etc/nginx/sites-available/vatra.conf made=/etc/vatra/nginx.made
  sed "s/server_name vatra\.example;/server_name $name;/" $APP/deploy/nginx.conf >$made.new
  # With a bucket no picture lies on this machine: the service gives them out.
  if grep -q '^MEDIA_BUCKET_URL=.' $SETTINGS; then sed -i '/location \^~ \/media\/images\//,/^    }/d' $made.new; fi
  if [ -n "$is_new" ] || cmp -s $site $made || ! grep -qsF "server_name $name" /etc/nginx/sites-enabled/*; then
    cp $made.new $site
    mv $made.new $made
    ln -sf ../sites-available/vatra.conf /etc/nginx/sites-enabled/vatra.conf
    [ -z "$is_new" ] || rm -f /etc/nginx/sites-enabled/default
  else
    # Somebody has changed it, or it was made by hand under whatever name.
    echo "nginx's configuration here isn't as this command made it, so it stays. Compare it with $made.new."
  fi
  install -d -m 700 -o vatra -g vatra $DATA/media $DATA/media/images
  setfacl -m u:www-data:x $HOME_OF_ALL $DATA $DATA/media || echo "This disk keeps no access lists: nginx can't show pictures (docs/operator.md, Public pages)."
  setfacl -R -m u:www-data:rX -m d:u:www-data:rX $DATA/media/images || true
  nginx -t -q
}

set_up_systemd() {
  install -m 755 $APP/deploy/vatra /usr/local/bin/vatra
  install -m 644 $APP/deploy/vatra.service $APP/deploy/vatra-backup.service $APP/deploy/vatra-backup.timer \
    $APP/deploy/vatra-backup-proof.service $APP/deploy/vatra-backup-proof.timer $APP/deploy/vatra-point-in-time.service /etc/systemd/system/
  install -D -m 644 $APP/deploy/restart.conf /etc/systemd/system/nginx.service.d/vatra.conf
  # Of a PostgreSQL that this command has set up.
  if [ -s /etc/vatra/database.password ]; then
    install -D -m 644 $APP/deploy/restart.conf /etc/systemd/system/postgresql@.service.d/vatra.conf
  fi
  lay_down_the_hook
  has_systemd || return 0
  systemctl daemon-reload
  say "Start"
  systemctl enable --quiet vatra nginx
  systemctl restart vatra
  systemctl reload-or-restart nginx  # a reload ends no connection
  if grep -q '^BACKUP_RECIPIENTS=' $SETTINGS; then systemctl enable --quiet --now vatra-backup.timer vatra-backup-proof.timer; fi
  if grep -q '^POINT_IN_TIME_SECONDS=[1-9]' $SETTINGS; then
    systemctl enable --quiet vatra-point-in-time
    systemctl restart vatra-point-in-time
  fi
}

[ "$(id -u)" -eq 0 ] || stop "Run it as root: sudo bash deploy/install.sh"
command -v apt-get >/dev/null || stop "This is for Debian. Elsewhere: docs/operator.md, By hand."
[ -f "$FROM/requirements.txt" ] || stop "Run it from the folder of an unpacked release."
is_new=1
if [ -s $SETTINGS ]; then
  is_new=""
  echo "$SETTINGS is there: this is an upgrade. Nothing is asked; settings, keys and data stay."
else
  ask_everything '^(sqlite|postgresql)$' sqlite
fi
if [ -z "$is_new" ] && [ -x /usr/local/bin/vatra ] && grep -q '^BACKUP_RECIPIENTS=' $SETTINGS; then
  say "Backup before the upgrade"
  vatra backup
fi
install_packages
lay_down_the_release
[ -n "$is_new" ] && write_settings
prepare_the_release
take_the_release
set_up_nginx
set_up_systemd
if [ -n "$is_new" ] && has_systemd && [ "${VATRA_CERTIFICATE:-none}" != none ]; then
  say "Certificate"
  get_certificate "$VATRA_HOST" "$VATRA_CERTIFICATE" || echo "Later: bash $APP/deploy/certificate.sh $VATRA_CERTIFICATE"
fi
if has_systemd; then
  say "What is still to do (vatra check)"
  vatra check || true
else
  echo
  echo "systemd doesn't run here, so nothing was started: vatra.service, nginx and the backup timers are laid down, not enabled."
fi
if [ -n "$is_new" ]; then
  echo
  echo "Copy the lines SECRET_KEY, VAULT_KEYS, AUDIT_KEYS and FIELD_KEYS of $SETTINGS off this machine now: without them nobody opens what is stored."
  echo "Then make your own account: vatra first-operator NAME E-MAIL"
fi
