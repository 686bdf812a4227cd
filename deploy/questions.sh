# shellcheck shell=bash
# What deploy/install.sh and deploy/containers/settings.sh ask, and how what was answered is written down. Sourced by them.

say() { printf '\n== %s\n' "$*"; }
stop() { printf '%s\n' "$*" >&2; exit 1; }

# answer NAME PATTERN HINT QUESTION [DEFAULT]: the variable NAME as it was given, or what is typed, until it fits.
answer() {
  local name="$1" pattern="$2" hint="$3" question="$4" default="${5:-}" given
  given="${!name:-}"
  while ! [[ "$given" =~ $pattern ]]; do
    if [ -n "${!name:-}" ] || [ ! -t 0 ]; then
      stop "$name: $hint"
    fi
    if [ -n "$given" ]; then echo "  $hint" >&2; fi
    read -r -p "$question${default:+ [$default]}: " given
    given="${given:-$default}"
  done
  printf -v "$name" '%s' "$given"
}

# ask_everything PATTERN DEFAULT: which databases may be chosen.
ask_everything() {
  answer VATRA_HOST '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$' \
    "a name such as raste.ngo.al, in small letters, without https://" "1/6  Name of the site"
  answer VATRA_MAIL '^smtp\+(tls|ssl)://[^[:space:]:@/]+@[^[:space:]:@/]+:[0-9]+$' \
    "smtp+tls://USER@SERVER:587 or smtp+ssl://USER@SERVER:465; the password is asked next; an @ in the name is written %40" \
    "2/6  Mail server (smtp+tls://USER@SERVER:587)"
  if [ -z "${VATRA_MAIL_PASSWORD:-}" ]; then
    [ -t 0 ] || stop "VATRA_MAIL_PASSWORD: the password of the mail server"
    read -r -s -p "     its password (not shown): " VATRA_MAIL_PASSWORD
    echo
  fi
  answer VATRA_SENDER '^[^[:space:]@<>"]+@[a-z0-9.-]+\.[a-z]+$' "an address such as njoftime@ngo.al" \
    "3/6  Address that e-mails come from" "njoftime@${VATRA_HOST#www.}"
  answer VATRA_DATABASE "$1" "${1//[\^()$]/}" \
    "4/6  Database: sqlite for one machine, postgresql when several may come" "$2"
  answer VATRA_CERTIFICATE '^(none|[^[:space:]@]+@[a-z0-9.-]+\.[a-z]+)$' "an address, or none" \
    "5/6  Your address for Let's Encrypt (none: you put a certificate there yourself)" none
  answer VATRA_BACKUP_KEY '^(later|age1[a-z0-9]{58})$' "age1 and 58 characters, or later" \
    "6/6  Public key of your backups, from age-keygen on your own computer (later: no backup is made until then)" later
}

# EMAIL_URL of the answers: in an address each character of the password but letters and digits is written %NN.
mail_url() {
  PASSWORD="$VATRA_MAIL_PASSWORD" python3 - "$VATRA_MAIL" <<'PYTHON'
import os, sys, urllib.parse
user, _at, server = sys.argv[1].rpartition("@")
print(f"{user}:{urllib.parse.quote(os.environ['PASSWORD'], safe='')}@{server}")
PYTHON
}

# settings DATABASE_URL BROKER_URL CACHE_URL BACKUP_DIR: the lines of the settings. make_key COMMAND prints a key.
settings() {
  echo "# Made from answers (deploy/questions.sh). Every variable: docs/operator.md. Keep a copy of the keys off this machine."
  echo "DJANGO_SETTINGS_MODULE=config.settings.production"
  echo "DATABASE_URL=$1"
  if [ -n "$2" ]; then printf 'BROKER_URL=%s\nCACHE_URL=%s\n' "$2" "$3"; fi
  echo "PUBLIC_URL=https://$VATRA_HOST"
  echo "ALLOWED_HOSTS=$VATRA_HOST"
  echo "EMAIL_URL=$(mail_url)"
  echo "DEFAULT_FROM_EMAIL=Vatra <$VATRA_SENDER>"
  echo "MESSAGE_ID_DOMAIN=${VATRA_SENDER#*@}"
  echo "SECRET_KEY=$(openssl rand -hex 32)"
  echo "VAULT_KEYS=$(make_key vault_key | grep -oE '[^[:space:]=]+:[A-Za-z0-9+/]{43}=' | head -1)"
  echo "AUDIT_KEYS=a1:$(openssl rand -base64 32)"
  echo "FIELD_KEYS=$(make_key field_key | grep -oE '[^[:space:]=]+:[A-Za-z0-9+/]{43}=' | head -1)"
  echo "VAPID_PRIVATE_KEY=$(make_key vapid_key | grep -oE '[A-Za-z0-9_-]{43,}' | head -1)"
  if [ "$VATRA_BACKUP_KEY" = later ]; then
    printf '#BACKUP_DIR=%s\n#BACKUP_RECIPIENTS=age1PUBLICKEY\n' "$4"
  else
    printf 'BACKUP_DIR=%s\nBACKUP_RECIPIENTS=%s\n' "$4" "$VATRA_BACKUP_KEY"
  fi
  echo "#POINT_IN_TIME_SECONDS=10"
}

# keys_are_whole FILE: no key is empty.
keys_are_whole() { ! grep -qE '^(SECRET_KEY|VAULT_KEYS|AUDIT_KEYS|FIELD_KEYS|VAPID_PRIVATE_KEY)=(a1:)?$' "$1"; }
