"""Settings that all profiles share. What differs between machines comes from the environment (twelve-factor).

docs/operator.md lists the variables.
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.conf.locale import LANG_INFO
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.retry import Retry

from .field_keys import read_field_keys
from .gateways import get_gateway_channels, get_reply_channels, read_gateways, read_publish_webhooks
from .origins import read_origins

ROOT = Path(__file__).resolve().parents[3]
env = environ.Env()

DATA_DIR = Path(env.str("DATA_DIR", default=str(ROOT / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
DEBUG = False
SECRET_KEY = env.str("SECRET_KEY", default="")
VAULT_KEYS = env.list("VAULT_KEYS", default=[])
# Keys to which phones seal what they hold (vault.field_keys), here or in a file. Without: no phone stores anything.
FIELD_KEYS_FILE = env.str("FIELD_KEYS_FILE", default="")
# Of keys in a PKCS#11 token (vault.token_keys).
FIELD_KEYS_PIN = env.str("FIELD_KEYS_PIN", default="")
FIELD_KEYS_PIN_FILE = env.str("FIELD_KEYS_PIN_FILE", default="")
FIELD_KEYS = read_field_keys(FIELD_KEYS_FILE) if FIELD_KEYS_FILE else env.list("FIELD_KEYS", default=[])
# Keys that sign the audit chain (docs/adr/0063), never in the database. Without AUDIT_KEYS they are in AUDIT_KEY_FILE.
AUDIT_KEYS = env.list("AUDIT_KEYS", default=[])
AUDIT_KEY_FILE = Path(env.str("AUDIT_KEY_FILE", default=str(DATA_DIR / "keys" / "audit.keys")))
AUDIT_WATCH_FILE = Path(env.str("AUDIT_WATCH_FILE", default=str(DATA_DIR / "witness" / "chain")))
# Outside the database and its backups: see docs/operator.md, Backup and restore.
VAULT_CASE_KEY_DIR = Path(env.str("VAULT_CASE_KEY_DIR", default=str(DATA_DIR / "case_keys")))
VAULT_WITNESS_FILE = Path(env.str("VAULT_WITNESS_FILE", default=str(DATA_DIR / "witness" / "cells.sqlite3")))
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
# Whom to tell about a vulnerability (config.security_txt), and until which day; without them nothing is shown.
SECURITY_CONTACTS = env.list("SECURITY_CONTACTS", default=[])
SECURITY_TXT_EXPIRES = env.str("SECURITY_TXT_EXPIRES", default="")
# Who answers for the service: what the public pages *Contact* and *Privacy* say (content.service_facts).
ORGANISATION_NAME = env.str("ORGANISATION_NAME", default="Vatra")
ORGANISATION_ADDRESS = env.str("ORGANISATION_ADDRESS", default="")
ORGANISATION_EMAIL = env.str("ORGANISATION_EMAIL", default="")
PRESS_EMAIL = env.str("PRESS_EMAIL", default="")
PRIVACY_EMAIL = env.str("PRIVACY_EMAIL", default="")
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
# Other front ends whose pages may send (docs/api-public.md): scheme, host and port, as browsers say it.
PUBLIC_API_ORIGINS = [origin.rstrip("/") for origin in env.list("PUBLIC_API_ORIGINS", default=[])]
# Apps in browsers whose pages may use the field API, with a bearer token (docs/api.md).
FIELD_API_ORIGINS = read_origins("FIELD_API_ORIGINS", env.list("FIELD_API_ORIGINS", default=[]))

INSTALLED_APPS = [
    # our rooms
    "access",
    "audit",
    "vault",
    "config",
    "config.watch",
    "content",
    "content.hotlines",
    "content.checks",
    "content.review",
    "outreach_pages",
    "notifications.directory",
    "notifications.texts",
    "notifications.outbox",
    "notifications.briefs",
    "notifications.inbound",
    "notifications.escalation",
    "notifications.silence",
    "notifications.text_pages",
    "notifications.drills",
    "notifications.board",
    "notifications.publish_webhooks",
    "case_forms.zones",
    "case_forms.form_builder",
    "case_forms.procedures",
    "case_forms.cases",
    "case_forms.tips",
    "case_forms.session_rules",
    "case_forms.alarm_rules",
    "case_forms.session_requests",
    "case_forms.submissions",
    "case_forms.form_preview",
    "case_forms.simulation",
    "case_forms.procedure_editor",
    "case_forms.simulation_pages",
    "case_forms.tip_pages",
    "case_forms.devices",
    "case_forms.reports",
    "case_forms.accountability",
    # third-party apps
    "wagtail_localize",
    "wagtail_localize.locales",
    "wagtail_modeladmin",
    "wagtail_headless_preview",
    "wagtail.api.v2",
    "rest_framework",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_q",
    "csp",
    "django.contrib.auth",
    "django.contrib.humanize",  # its translations: Wagtail uses them for "3 days ago"
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

# Where the web server listens; the supervisor, which sets it, probes `/readyz` there.
OWN_ADDRESS = env.str("HOST", default="127.0.0.1")
# How many proxies of ours stand in front (0: none). With any, X-Forwarded-For holds the caller's address.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

# The order matters: the caller's address comes before whatever counts by it, the session guard after whatever sets
# `request.user`, and the access policy after the guard, which may replace the person.
MIDDLEWARE = [
    "config.middleware.CallerAddress",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.ContentSecurityPolicy",
    "config.middleware.SafeHeaders",
    "content.api.cors.PublicAPIMiddleware",
    "content.api.cors.FieldAPIMiddleware",
    "config.middleware.ReadableCookies",  # after whoever drops all cookies: it reads them
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "access.sessions.middleware.StaffSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.StaffLanguage",
    "access.middleware.AccessPolicy",
    "content.redirects.middleware.RedirectMiddleware",
    "config.malformed.MalformedRequests",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context_processors.site",
            ],
            "builtins": ["config.templatetags.ui"],
        },
    }
]

# One database. SQLite is the embedded default: write-ahead log, writers queue at BEGIN (IMMEDIATE: a transaction that
# begins with a read may fail when it writes later), every commit reaches the disk (synchronous=FULL).
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'vatra.sqlite3'}")}
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=600)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["ENGINE"] = "config.sqlite3"  # Django's own, with a queue before its one writer
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
            " PRAGMA cache_size=-16000; PRAGMA mmap_size=134217728;"
            # Pages of the log, 16 MB, until a commit copies them into the file: a page that many wrote is copied once
            # (docs/adr/0230).
            " PRAGMA wal_autocheckpoint=4000;"
        ),
    }
elif DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # A server that doesn't answer must not hold each request for minutes, nor may a machine that is cut off keep the
    # locks of its transactions for hours. So each side lets go of a connection whose other side has been silent for
    # seven seconds; "options" says so to the server (docs/adr/0220).
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        "keepalives_idle": 3,
        "keepalives_interval": 1,
        "keepalives_count": 4,
        "tcp_user_timeout": 7000,
        "options": "-c tcp_keepalives_idle=3 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=4"
        " -c tcp_user_timeout=7000 -c client_connection_check_interval=2000",
        **DATABASES["default"].get("OPTIONS", {}),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def _cache(folder: str, *, key_prefix: str = "", **options: object) -> dict:
    """Return CACHE_URL, or files in this folder of DATA_DIR, behind `config.cache`, which tolerates failures."""
    found = env.cache_url("CACHE_URL", default=f"filecache://{DATA_DIR / folder}")
    store = {"STORE": found["BACKEND"], **found.get("OPTIONS", {}), **options}
    return {**found, "BACKEND": "config.cache.FailOpenCache", "KEY_PREFIX": key_prefix, "OPTIONS": store}


CACHES = {
    "default": _cache("cache"),
    # Which cached pages are still valid (docs/adr/0023): shared by all processes.
    "pages": _cache("pages", key_prefix="pages", FALLBACK=False),
}
PUBLIC_CACHE_BYTES = env.int("PUBLIC_CACHE_BYTES", default=64 * 1024 * 1024)
PUBLIC_CACHE_SECONDS = env.int("PUBLIC_CACHE_SECONDS", default=60)

# Requests that work at a time in each web process; how many wait, and which are refused: config/admission.py.
WEB_THREADS = max(1, env.int("WEB_THREADS", default=6))

# The queue carries UUIDs only; the truth is the outbox row. `urgent` and `bulk` are separate clusters so that
# rendering and exports never delay a notice (docs/adr/0004).
BROKER_URL = env.str("BROKER_URL", default="orm://default")
Q_CLUSTER: dict = {
    "name": "vatra",
    "cluster_name": "urgent",
    "workers": env.int("URGENT_WORKERS", default=2),
    "timeout": 60,
    "retry": 120,
    # How often a worker asks the broker though nobody has rung (notifications/outbox/doorbell.py): for a machine
    # whose workers are elsewhere, and for what was enqueued before they listened.
    "poll": 0.25,
    "queue_limit": 8,
    "bulk": 4,
    "recycle": 5000,
    "save_limit": -1,
    "guard_cycle": 0.5,
    "scheduler": False,
    "ack_failures": True,
    # A task that fails for good loses nothing: the sweeper enqueues its row again.
    "max_attempts": 3,
    "catch_up": False,
    "label": "Queue",
    "ALT_CLUSTERS": {
        "bulk": {
            "workers": env.int("BULK_WORKERS", default=1),
            "timeout": 300,
            "retry": 600,
            "poll": 0.5,
            "bulk": 1,
            "queue_limit": 4,
            "recycle": 200,
        },
    },
}
# Limits of `/readyz` for the disk and the backups (docs/operator.md). 0 hours: no backup is expected.
DISK_MIN_MB = env.int("DISK_MIN_MB", default=500)
BACKUP_MAX_HOURS = env.int("BACKUP_MAX_HOURS", default=0)
# Who may read `/metrics` from elsewhere: whoever sends this as a bearer token. This machine always may.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# The second way to operators, for when mails don't go out (config/watch/telling.py).
OPERATOR_SMS = env.list("OPERATOR_SMS", default=[])
OPERATOR_WEBHOOK = env.str("OPERATOR_WEBHOOK", default="")
OPERATOR_WEBHOOK_KEY = env.str("OPERATOR_WEBHOOK_KEY", default="")
# Backups (docs/adr/0178): the folder they go to, the public keys of age that they are encrypted to, a command that
# takes the folder elsewhere, and how many days ago the last one may have been restored to see whether it can be.
BACKUP_DIR = env.str("BACKUP_DIR", default="")
BACKUP_RECIPIENTS = env.list("BACKUP_RECIPIENTS", default=[])
BACKUP_HOOK = env.str("BACKUP_HOOK", default="")
# Where each backup is taken besides (docs/adr/0191): sftp://user@host/path or s3://bucket/prefix, and what signs in.
BACKUP_TO = env.str("BACKUP_TO", default="")
BACKUP_SFTP_KEY_FILE = env.str("BACKUP_SFTP_KEY_FILE", default="")
BACKUP_SFTP_KNOWN_HOSTS = env.str("BACKUP_SFTP_KNOWN_HOSTS", default="")
BACKUP_S3_ENDPOINT = env.str("BACKUP_S3_ENDPOINT", default="")
BACKUP_S3_REGION = env.str("BACKUP_S3_REGION", default="us-east-1")
BACKUP_S3_KEY_ID = env.str("BACKUP_S3_KEY_ID", default="")
BACKUP_S3_SECRET = env.str("BACKUP_S3_SECRET", default="")
# A moment can be restored (docs/adr/0205): seconds between two changes that are stored (0: off), for how many days
# back, and after how many seconds without one `/readyz` says so.
POINT_IN_TIME_SECONDS = env.float("POINT_IN_TIME_SECONDS", default=0.0)
POINT_IN_TIME_DAYS = env.int("POINT_IN_TIME_DAYS", default=7)
POINT_IN_TIME_MAX_SECONDS = env.int("POINT_IN_TIME_MAX_SECONDS", default=900)
BACKUP_PROOF_MAX_DAYS = env.int("BACKUP_PROOF_MAX_DAYS", default=35)
# What is removed when its time is over (docs/operator.md, What is stored); forms and cases have terms of their own.
EXPORT_HOURS = env.int("EXPORT_HOURS", default=24)
NOTICE_PDF_DAYS = env.int("NOTICE_PDF_DAYS", default=365)  # after the notice was closed; made again when asked for
QUEUE_RESULT_DAYS = env.int("QUEUE_RESULT_DAYS", default=30)
PICTURE_STRAY_HOURS = env.int("PICTURE_STRAY_HOURS", default=24)
LOG_FILE_MAX_MB = env.int("LOG_FILE_MAX_MB", default=50)
# What the bulk workers run each hour, by path: each cleans up its own room.
HOUSEKEEPING = (
    "access.staff.groups.follow_roles_of_all",
    "access.sessions.actions.delete_unused_sessions",
    "notifications.inbound.housekeeping.tidy",
    "notifications.staff_push.phones.tidy",
    "notifications.drills.watch.tidy",
    "notifications.outbox.worker_signs.delete_old",
    "notifications.outbox.queue_rows.tidy",
    "notifications.briefs.old_documents.tidy",
    "case_forms.submissions.housekeeping.tidy",
    "content.housekeeping.each_hour",
    "case_forms.tips.housekeeping.tidy",
    "case_forms.session_requests.housekeeping.tidy",
    "outreach_pages.records.phones.ending.tidy",
    "case_forms.tip_pages.housekeeping.tidy",
    "case_forms.devices.housekeeping.tidy",
    "case_forms.simulation.housekeeping.tidy",
    "case_forms.accountability.snapshots.tidy",
    "config.watch.telling.tidy",
    "config.watch.log_files.tidy",
    "config.watch.samples.each_hour",
    "config.watch.measuring.each_hour",
)
# What the sweeper does itself each minute while no bulk worker can be asked: nobody else would say so.
WITHOUT_WORKERS = ("config.watch.telling.each_minute",)
# What they run each minute: things with a due time.
EACH_MINUTE = (
    "content.housekeeping.each_minute",
    "notifications.outbox.alarm.ring",
    "notifications.staff_push.waking.send_due",
    "notifications.publish_webhooks.sending.send_due",
    "notifications.outbox.bounces.mailbox.read_mailbox",
    "notifications.escalation.chain_watch.each_minute",
    "notifications.escalation.outlook_watch.each_minute",
    "notifications.escalation.agreement_watch.each_minute",
    "notifications.escalation.key_watch.each_minute",
    "notifications.escalation.text_watch.each_minute",
    "notifications.escalation.means_watch.each_minute",
    "notifications.drills.watch.each_minute",
    "notifications.directory.changes.mails.send_again",
    "notifications.directory.changes.emergency.end_due",
    "notifications.directory.own_duty.actions.each_minute",
    "notifications.directory.own_duty.mails.each_minute",
    "notifications.inbound.spools.read_all",
    "notifications.silence.checking.each_minute",
    "case_forms.cases.rights.reminders.send_due",
    "case_forms.devices.alarms.ring",
    "case_forms.devices.returned.ring",
    "case_forms.devices.silence.ring",
    "case_forms.accountability.breaches.send_due",
    "access.place_changes.mails.send_again",
    "access.sessions.duress.ring",
    "audit.denials.flush",
    "config.backups.watch.each_minute",
    "config.watch.certificate.each_minute",
    "config.watch.media.each_minute",
    "config.watch.telling.each_minute",
)
if BROKER_URL.startswith("orm://"):
    Q_CLUSTER["orm"] = BROKER_URL.removeprefix("orm://") or "default"
else:
    # A broker that is down or hangs must be noticed soon, once: the sweeper sends what was not taken. Workers wait 1 s
    # for a task, so a reply may take longer than that.
    Q_CLUSTER["redis"] = {
        **{name: value for name, value in parse_url(BROKER_URL).items() if name != "connection_class"},
        "ssl": BROKER_URL.startswith("rediss://"),
        "socket_connect_timeout": 1,
        "socket_timeout": 3,
        "retry": Retry(NoBackoff(), 0),
    }

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "access.hashers.BoundedArgon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "intake:home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "access.adapter.StaffAccountAdapter"
ACCOUNT_FORMS = {
    "login": "access.forms.StaffLoginForm",
    "change_password": "access.forms.PasswordChangeForm",
    "reauthenticate": "access.forms.PasswordAgainForm",
}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
# Wrong passwords and codes are counted in the database (access/sign_in_limits.py), not in a cache that forgets.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None}
MFA_ADAPTER = "access.adapter.StaffMFAAdapter"
MFA_FORMS = {
    "authenticate": "access.forms.CodeForm",
    "reauthenticate": "access.forms.CodeAgainForm",
    "activate_totp": "access.forms.AppForm",
    "add_webauthn": "access.forms.KeyForm",
    "authenticate_webauthn": "access.forms.KeyStepForm",
    "reauthenticate_webauthn": "access.forms.KeyAgainForm",
    "edit_webauthn": "access.forms.KeyNameForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_TOTP_ISSUER = "Vatra"
# Staff without a second factor reach only the pages where they set it up.
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=False)

# How long an invitation's link works, and how long a lost second factor waits for a second person to agree.
INVITATION_HOURS = env.int("INVITATION_HOURS", default=72)
FACTOR_RESET_HOURS = env.int("FACTOR_RESET_HOURS", default=48)
# How long a requested role waits for a second person.
ROLE_REQUEST_HOURS = env.int("ROLE_REQUEST_HOURS", default=7 * 24)
# After so many minutes without a press a session is locked; 0: never.
IDLE_MINUTES = env.int("IDLE_MINUTES", default=15)

SESSION_COOKIE_AGE = 12 * 3600
STAFF_SESSION_DAYS = env.int("STAFF_SESSION_DAYS", default=90)  # a session that nobody has used for so long is deleted
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "vatra_session"
CSRF_COOKIE_NAME = "vatra_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "config.views.form_expired"
X_FRAME_OPTIONS = "SAMEORIGIN"
# Other sites learn nothing. Not "no-referrer" where staff work: under it browsers send `Origin: null` with our own
# forms, and the protection against forged forms would refuse them all. Public pages have no such forms, and get it
# (config.middleware.SafeHeaders, content/public_forms.py).
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

# Field and brief pages: nothing from other origins, no inline script. The admin's policy is in config.admin_policy.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "media-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# The app page of phones that store (docs/adr/0174): Argon2id runs as WebAssembly, pictures are shown from memory.
PHONE_CONTENT_SECURITY_POLICY = {
    **CONTENT_SECURITY_POLICY["DIRECTIVES"],
    "script-src": [SELF, "'wasm-unsafe-eval'"],
    "img-src": [SELF, "data:", "blob:"],
    "worker-src": [SELF],
}
# Public pages: not even data: pictures; and the service worker, which reads stored pages without a network.
PUBLIC_CONTENT_SECURITY_POLICY = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF],
    "media-src": [SELF],
    "connect-src": [SELF],
    "manifest-src": [SELF],
    "worker-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}

LANGUAGE_CODE = "sq"
# The one list of languages. Code reads access.languages; only some models have a column for each language.
LANGUAGES = [("sq", _("Albanian")), ("en", _("English"))]
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAIL_I18N_ENABLED = True
LOCALE_PATHS = [ROOT / "locale", ROOT / "locale_cms"]  # the second: texts of Wagtail and others (docs/adr/0018)
FORMAT_MODULE_PATH = "config.formats"
LANGUAGE_COOKIE_NAME = "vatra_language"
TIME_ZONE = "Europe/Tirane"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
# What npm's packages bring to pages (deploy/static_packages.sh): there only where npm was.
STATIC_PACKAGES = ROOT / ".static"
STATICFILES_DIRS: list[Path | tuple[str, Path]] = [
    ROOT / "static",
    ("guides", ROOT / "docs" / "img"),  # the pictures in the guides
    *([STATIC_PACKAGES] if STATIC_PACKAGES.is_dir() else []),
]
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
# Where pictures and documents lie instead, so that several machines share them (docs/adr/0221): s3://bucket/prefix, and
# what signs in. Without it: MEDIA_ROOT.
MEDIA_BUCKET_URL = env.str("MEDIA_BUCKET_URL", default="")
MEDIA_S3_ENDPOINT = env.str("MEDIA_S3_ENDPOINT", default="")
MEDIA_S3_REGION = env.str("MEDIA_S3_REGION", default="us-east-1")
MEDIA_S3_KEY_ID = env.str("MEDIA_S3_KEY_ID", default="")
MEDIA_S3_SECRET = env.str("MEDIA_S3_SECRET", default="")
MEDIA_S3_CA_FILE = env.str("MEDIA_S3_CA_FILE", default="")
MEDIA_FOLDER, MEDIA_BUCKET = "django.core.files.storage.FileSystemStorage", "content.media_storage.bucket.MediaBucket"
STORAGES = {
    "default": {"BACKEND": MEDIA_BUCKET if MEDIA_BUCKET_URL else MEDIA_FOLDER},
    "staticfiles": {"BACKEND": "config.static_storage.HashedStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# Fonts of every PDF, notices and handouts: embedded, so that they don't depend on the machine.
PAPER_FONTS = ROOT / "notifications" / "briefs" / "fonts"

# Files that answer a question (docs/adr/0010): sealed, outside MEDIA_ROOT. A request may bring several of them.
DRAFT_DAYS = env.int("DRAFT_DAYS", default=30)  # after the last change, a draft is deleted; 0: never
ATTACHMENT_DIR = DATA_DIR / "attachments"
# Parts of files that phones sealed, until all of one is here; with several machines a folder that they share.
FIELD_PARTS_DIR = Path(env.str("FIELD_PARTS_DIR", default=str(DATA_DIR / "field_parts")))
ATTACHMENT_MAX_BYTES = env.int("ATTACHMENT_MAX_BYTES", default=10 * 1024 * 1024)
# What somebody says in a tip (docs/adr/0169): sealed, outside MEDIA_ROOT. At most so many seconds, bytes, and so many
# recordings in an hour over the whole site.
VOICE_DIR = DATA_DIR / "voices"
VOICE_MAX_SECONDS = env.int("VOICE_MAX_SECONDS", default=180)
VOICE_MAX_BYTES = env.int("VOICE_MAX_BYTES", default=3_000_000)
VOICES_PER_HOUR = env.int("VOICES_PER_HOUR", default=60)
ATTACHMENT_REQUEST_BYTES = env.int("ATTACHMENT_REQUEST_BYTES", default=3 * ATTACHMENT_MAX_BYTES)
ATTACHMENTS_PER_DRAFT = env.int("ATTACHMENTS_PER_DRAFT", default=20)
ATTACHMENT_UNCLAIMED_HOURS = env.int("ATTACHMENT_UNCLAIMED_HOURS", default=48)

# Tips from the public (docs/tips.md, docs/adr/0029). Days after closing until all text is purged; how long a form may
# stay open; how many may be sent in an hour from one card or one region's page.
DRILL_KEEP_DAYS = env.int("DRILL_KEEP_DAYS", default=90)  # so long after its end a drill's case is forgotten
SIGNAL_CLOSED_DAYS = env.int("SIGNAL_CLOSED_DAYS", default=180)
SIGNAL_SPAM_DAYS = env.int("SIGNAL_SPAM_DAYS", default=30)
# Asking for a session (docs/adr/0161): nobody has answered for so many days, and the lists say that it waits long; days
# after it was declined, or after its session, until everything that was written is purged.
SESSION_REQUEST_ANSWER_DAYS = env.int("SESSION_REQUEST_ANSWER_DAYS", default=3)
SESSION_REQUEST_CLOSED_DAYS = env.int("SESSION_REQUEST_CLOSED_DAYS", default=90)
# After it came from a phone and nobody has decided about it, a session's record is deleted; 0: never.
PHONE_RECORD_DAYS = env.int("PHONE_RECORD_DAYS", default=90)
# The unit that answers messages from regions where none works; empty: nobody, and the pages give the helplines.
CENTRE_UNIT = env.str("CENTRE_UNIT", default="vlore")
ASKING_FORM_HOURS = env.int("ASKING_FORM_HOURS", default=12)
ASKING_PER_HOUR = env.int("ASKING_PER_HOUR", default=120)
ASKING_UNPROVEN_PER_HOUR = env.int("ASKING_UNPROVEN_PER_HOUR", default=30)
# Above these a tip is held back, and the unit looks first; so many more about danger notify everybody as always.
ASKING_DANGER_RESERVE = env.int("ASKING_DANGER_RESERVE", default=30)
# A report of danger that its sender has withdrawn: for so many days the police may still read it.
SIGNAL_DANGER_NOTICE_DAYS = env.int("SIGNAL_DANGER_NOTICE_DAYS", default=7)
ASKING_WORK = env.int("ASKING_WORK", default=60_000)  # hashes at most: about a second on a cheap phone
ASKING_WAIT_SECONDS = env.int("ASKING_WAIT_SECONDS", default=10)  # without JavaScript: from opening to sending

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="smtp://127.0.0.1:1025")
vars().update({key: value for key, value in EMAIL_CONFIG.items() if key.startswith("EMAIL_")})
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=8)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Vatra <njoftime@vatra.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# What recipients read who mustn't learn from the sender's name what a notice is about (docs/operator.md): a short name
# (24 letters at most), its own address, the number that they call, and further roles that read it.
NEUTRAL_SENDER_NAME = env.str("NEUTRAL_SENDER_NAME", default="").strip()
NEUTRAL_SENDER_EMAIL = env.str("NEUTRAL_SENDER_EMAIL", default="").strip()
NEUTRAL_SENDER_PHONE = env.str("NEUTRAL_SENDER_PHONE", default="").strip()
NEUTRAL_SENDER_ROLES = frozenset(env.list("NEUTRAL_SENDER_ROLES", default=[]))
# Mails that come back (docs/outbox.md): the return path with {token} in it; the mailbox where they arrive, read by IMAP
# (imaps://user:password@host/INBOX), or the token with which a relay of ours hands them over at /hooks/came-back/.
EMAIL_BOUNCE_ADDRESS = env.str("EMAIL_BOUNCE_ADDRESS", default="")
EMAIL_BOUNCE_MAILBOX = env.str("EMAIL_BOUNCE_MAILBOX", default="")
EMAIL_BOUNCE_HOOK_TOKEN = env.str("EMAIL_BOUNCE_HOOK_TOKEN", default="")
MESSAGE_ID_DOMAIN = env.str("MESSAGE_ID_DOMAIN", default="vatra.example")

# Channels by name, and how the outbox sends (docs/outbox.md says why these numbers): notices per claim, seconds after
# which a batch starts no further sending, and the lease, which outlives batch + one last sending.
NOTIFICATION_CHANNELS = {
    "email": "notifications.channels.email.EmailChannel",
    "webhook": "notifications.channels.webhook.WebhookChannel",
    # Takes the test of a key alone: every other e-mail is encrypted as it goes out (notifications/outbox/mail_keys.py).
    "mailkey": "notifications.channels.email.EmailChannel",
}
# Gateways for SMS and calls, described in a file (docs/gateways.md); a channel is there where a gateway of its kind is.
NOTIFICATION_GATEWAYS = read_gateways(env.str("NOTIFICATION_GATEWAYS_FILE", default=""))
NOTIFICATION_CHANNELS |= get_gateway_channels(NOTIFICATION_GATEWAYS)
# The channels by which an answer can come back, whichever of their gateways took the message.
# The gateway's own number, to which phones without data send their alarm by SMS (docs/devices.md). Without: no alarm.
FIELD_ALARM_NUMBER = env.str("FIELD_ALARM_NUMBER", default="")
NOTIFICATION_REPLIES = get_reply_channels(NOTIFICATION_GATEWAYS)
INBOUND_KEEP_DAYS = env.int("INBOUND_KEEP_DAYS", default=90)  # how long it is known that something came in
# Our key towards the push services that wake phones (manage.py vapid_key); without it none is woken. The subject is
# where a push service's operator finds us.
VAPID_PRIVATE_KEY = env.str("VAPID_PRIVATE_KEY", default="")
VAPID_SUBJECT = env.str("VAPID_SUBJECT", default=PUBLIC_URL)
PUSH_CHANNEL = {"push": "notifications.channels.push.PushChannel"}
if VAPID_PRIVATE_KEY:
    NOTIFICATION_CHANNELS |= PUSH_CHANNEL
# Webhooks and push services (notifications/channels/outgoing_http.py): a receiver on this very machine and over plain
# HTTP, in the local and the test profile only; certificates to trust beside the system's: a state's own authority.
LOOPBACK_ENDPOINTS = False
OUTGOING_CA_FILE = env.str("OUTGOING_CA_FILE", default="")
# Builders of static front ends that are told when public content has changed, described in a file (docs/webhooks.md).
PUBLISH_WEBHOOKS = read_publish_webhooks(env.str("PUBLISH_WEBHOOKS_FILE", default=""))
# An address of a watch outside, asked each minute in which a worker has executed a canary: where it isn't asked any
# more, somebody else raises the alarm. Whoever knows it could keep that alarm silent: it is a secret.
OUTSIDE_WATCH_URL = env.str("OUTSIDE_WATCH_URL", default="")
# By other ways than e-mail: messages to one phone in ten minutes, after which one each two minutes names what waits;
# hours after which a message isn't tried any more.
NOTICE_WAY_BURST = env.int("NOTICE_WAY_BURST", default=6)
NOTICE_WAY_HOURS = env.int("NOTICE_WAY_HOURS", default=24)
# Mails for one open notice to which further reports of danger were added (docs/adr/0070).
NOTICE_ALARMS_PER_HOUR = env.int("NOTICE_ALARMS_PER_HOUR", default=6)
NOTICE_BATCH = env.int("NOTICE_BATCH", default=20)
NOTICE_BATCH_SECONDS = env.int("NOTICE_BATCH_SECONDS", default=4)
NOTICE_LEASE_SECONDS = env.int("NOTICE_LEASE_SECONDS", default=NOTICE_BATCH_SECONDS + EMAIL_TIMEOUT + 8)

WAGTAIL_SITE_NAME = "Vatra"
# As everywhere else: a picker with another order replaces what it can't read by the current minute.
WAGTAIL_DATE_FORMAT = "%d.%m.%Y"
WAGTAIL_DATETIME_FORMAT = "%d.%m.%Y %H:%M"
WAGTAILADMIN_BASE_URL = PUBLIC_URL
WAGTAILADMIN_LOGIN_URL = "/accounts/login/"
WAGTAIL_FRONTEND_LOGIN_URL = "/accounts/login/"
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAIL_USER_TIME_ZONES = [TIME_ZONE]  # one country; the list of all of them holds a name that browsers refuse
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False  # the account page changes it, and records that
WAGTAILADMIN_NOTIFICATION_INCLUDE_SUPERUSERS = False
WAGTAILADMIN_PERMITTED_LANGUAGES = [(code, LANG_INFO[code]["name_local"].capitalize()) for code, _name in LANGUAGES]
# Addresses that can be read aloud and typed on any telephone: "te-drejtat", never "të-drejtat".
WAGTAIL_ALLOW_UNICODE_SLUGS = False
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 10 * 1024 * 1024
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 50_000_000  # more than a telephone's camera; each costs 4 bytes while sizes are made
WAGTAILIMAGES_IMAGE_FORM_BASE = "content.uploads.PictureForm"
WAGTAILDOCS_DOCUMENT_FORM_BASE = "content.uploads.DocumentForm"
WAGTAILDOCS_MAX_UPLOAD_SIZE = 10 * 1024 * 1024  # nginx takes 32 MB (deploy/nginx.conf)
WAGTAILDOCS_SERVE_METHOD = "serve_view"
# What a browser may play or open in place; anything else is downloaded.
WAGTAILDOCS_INLINE_CONTENT_TYPES = [
    "application/pdf",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "text/vtt",
    "video/mp4",
    "video/webm",
]
# The revision that another editor approved is what readers get; a translated page begins as a draft (docs/adr/0021).
WAGTAIL_FINISH_WORKFLOW_ACTION = "content.review.workflow_finish.finish_workflow"
WAGTAILLOCALIZE_SYNC_LIVE_STATUS_ON_TRANSLATE = False
# A front end elsewhere that may show drafts to editors (docs/api-public.md): default=https://front.example/preview
WAGTAIL_HEADLESS_PREVIEW = {"CLIENT_URLS": env.dict("HEADLESS_PREVIEW_CLIENT_URLS", default={})}
# Rich text leaves the API expanded; the stored form names pages that may not be public.
WAGTAILAPI_RICH_TEXT_FORMAT = "html"
WAGTAILAPI_LIMIT_MAX = 100
WAGTAILAPI_BASE_URL = PUBLIC_URL
WAGTAILREDIRECTS_AUTO_CREATE = True  # a page that is renamed or moved is still found at its old address
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    WAGTAILSEARCH_BACKENDS["default"]["SEARCH_CONFIG"] = "vatra"  # content migration 0004: accents don't matter

# How long a brief's link works, and after how many idle minutes its PIN is asked again.
BRIEF_LINK_HOURS = env.int("BRIEF_LINK_HOURS", default=168)
BRIEF_SESSION_MINUTES = env.int("BRIEF_SESSION_MINUTES", default=20)
# So long before their duty begins a contact is mailed that it does; 0: never.
DUTY_MAIL_HOURS = env.int("DUTY_MAIL_HOURS", default=4)
# A hotline is shown for so many days after a test call (docs/adr/0020); editors are notified so many days before.
HOTLINE_TEST_DAYS = env.int("HOTLINE_TEST_DAYS", default=30)
HOTLINE_WARN_DAYS = env.int("HOTLINE_WARN_DAYS", default=7)
# The other ways of a hotline (chat, WhatsApp …) are tried again after so many days; editors are notified.
HOTLINE_WAYS_DAYS = env.int("HOTLINE_WAYS_DAYS", default=90)
# A page that an editor deleted can be restored for so many days (docs/adr/0168).
DELETED_PAGE_DAYS = env.int("DELETED_PAGE_DAYS", default=30)
AGREEMENT_WARN_DAYS = env.int("AGREEMENT_WARN_DAYS", default=60)  # before an agreement ends, coordinators are mailed
# Where "leave this page" goes: a neutral page that says nothing about the reader.
EXIT_URL = env.str("EXIT_URL", default="https://sq.wikipedia.org/wiki/Moti")
PROFILE = "base"
SANDBOX = False

# Never show local variables: not in logs, not on a debug page.
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.error_reporting.HideEverythingFilter"
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING_CONFIG = "config.logs.configure"
# Errors of the code go to a receiver of the Sentry protocol, without content (config.error_sink). A secret.
SENTRY_DSN = env.str("SENTRY_DSN", default="")
LOGGING: dict = {"level": LOG_LEVEL, "error_sink": SENTRY_DSN}
