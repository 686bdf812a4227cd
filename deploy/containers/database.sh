#!/usr/bin/env bash
# PostgreSQL in its container: makes the cluster, the role and the database in an empty volume, then serves.
set -eu
bin="$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -1)"
data=/var/lib/postgresql/data
password="$(cat /run/secrets/database_password)"
[ -n "$password" ] || { echo "secrets/database_password is empty: deploy/containers/settings.sh makes it" >&2; exit 1; }
if [ ! -s $data/PG_VERSION ]; then
  # Whole or not at all: a start that was cut short begins anew.
  rm -rf $data/new
  "$bin/initdb" --pgdata=$data/new --encoding=UTF8 --locale=C.UTF-8 --auth-local=peer --auth-host=scram-sha-256 >/dev/null
  "$bin/pg_ctl" --pgdata=$data/new --options="-c listen_addresses=''  -k /tmp" --wait start >/dev/null
  # By standard input: no list of processes shows the password.
  "$bin/psql" -q -v ON_ERROR_STOP=1 -h /tmp -d postgres <<SQL
CREATE ROLE vatra LOGIN CREATEDB PASSWORD '$password';
CREATE DATABASE vatra OWNER vatra;
\c vatra
CREATE EXTENSION IF NOT EXISTS unaccent;
SQL
  "$bin/pg_ctl" --pgdata=$data/new --wait stop >/dev/null
  echo "host all vatra all scram-sha-256" >>$data/new/pg_hba.conf
  # PG_VERSION last: by it the next start knows that all is here.
  version="$(cat $data/new/PG_VERSION)"
  rm $data/new/PG_VERSION
  mv $data/new/* $data/
  rmdir $data/new
  echo "$version" >$data/PG_VERSION
fi
# For `point_in_time`. There is nothing in this cluster that the service's role doesn't own.
if ! grep -q '^host replication vatra ' $data/pg_hba.conf; then
  echo "ALTER ROLE vatra REPLICATION;" | "$bin/postgres" --single -D $data postgres >/dev/null
  echo "host replication vatra all scram-sha-256" >>$data/pg_hba.conf
fi
# It asks how far the log was sent.
if ! grep -q '^# pg_read_all_stats' $data/pg_hba.conf; then
  echo "GRANT pg_read_all_stats TO vatra;" | "$bin/postgres" --single -D $data postgres >/dev/null
  echo "# pg_read_all_stats is granted" >>$data/pg_hba.conf
fi
exec "$bin/postgres" -D $data -k /tmp -c listen_addresses='*'
