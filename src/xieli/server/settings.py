"""Django settings: one module for every process; the role in XIELI_ROLE decides which database password it was given.

Environment: XIELI_ROLE (web default) · XIELI_DB_<ROLE> (DSN of that role only) · XIELI_HOME (data directory) ·
XIELI_PREFIX (role prefix, default ``xieli``) · XIELI_SECRET (file with the cookie-signing key) · XIELI_HOSTS ·
XIELI_KEEP_PLANS (0 behind a pooler that gives every transaction another connection).
"""
from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parents[1]
HOME = Path(os.environ.get("XIELI_HOME", "var")).resolve()

ROLE = os.environ.get("XIELI_ROLE", "web")
ROLE_PREFIX = os.environ.get("XIELI_PREFIX", "xieli")


def _database(dsn: str) -> dict[str, object]:
    """Django's dict from a PostgreSQL URL; ``host`` may be a socket directory in the query string."""
    parts = urlsplit(dsn)
    query = {k: v[0] for k, v in parse_qs(parts.query).items()}
    # everything else the URL says (sslmode, sslrootcert …) goes to the driver as it stands
    options: dict[str, object] = {k: v for k, v in query.items() if k not in ("host", "port", "options")}
    if ROLE == "owner":
        # migrations log in as the installer and act as the owner, which itself cannot log in
        options["options"] = f"-c role={ROLE_PREFIX}_owner"
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", parts.hostname or ""),
        "PORT": query.get("port", str(parts.port or "")),
        "OPTIONS": options,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


def _secret_key() -> str:
    """The cookie-signing key: from its file, never from the code. Commands without one get a fresh key per process."""
    path = os.environ.get("XIELI_SECRET")
    if path and Path(path).exists():
        return Path(path).read_text().strip()
    return os.urandom(32).hex()


DATABASES = {"default": _database(os.environ.get(f"XIELI_DB_{ROLE.upper()}", "postgresql:///xieli"))}
SECRET_KEY = _secret_key()
KEEP_PLANS = os.environ.get("XIELI_KEEP_PLANS", "1") != "0"
DEBUG = False
ALLOWED_HOSTS = os.environ.get("XIELI_HOSTS", "127.0.0.1,localhost,[::1]").split(",")

INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "xieli.office.bodies",
    "xieli.office.people",
    "xieli.office.access",
    "xieli.office.accounts",
    "xieli.office.matters",
    "xieli.faces.web",
]
# apps of later rooms, switched on by their presence so that each room lands whole
for _app in ("clients", "notices", "audit", "files", "meetings", "cooperation", "agreements", "sites", "desk", "allocation", "reports", "reporters", "documents", "exports", "presses"):
    if (BASE_DIR / "office" / _app / "apps.py").exists():
        INSTALLED_APPS.append(f"xieli.office.{_app}")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "xieli.faces.api.middleware.ApiMiddleware",
    "xieli.server.binding.BindingMiddleware",
]

if ROLE == "setup":  # the first run: nobody can sign in yet, nothing is bound (server/wizard.py)
    MIDDLEWARE = [m for m in MIDDLEWARE if not m.endswith(("ApiMiddleware", "BindingMiddleware"))]

ROOT_URLCONF = {"door": "xieli.server.door_urls", "setup": "xieli.server.setup_urls"}.get(ROLE, "xieli.server.urls")
WSGI_APPLICATION = "xieli.server.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.template.context_processors.csrf",
                "csp.context_processors.nonce",
                "xieli.faces.web.context.shell",
            ],
        },
    }
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "xieli_lang"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS: list[Path] = []
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MIGRATION_MODULES: dict[str, str] = {}

# ── the browser ────────────────────────────────────────────────────────────────────────────────────────────────────
CSRF_COOKIE_NAME = "xieli_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "xieli.faces.web.errors.csrf_failed"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"  # "no-referrer" makes browsers send Origin: null, which CSRF must refuse
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if os.environ.get("XIELI_TLS") == "1":
    CSRF_COOKIE_SECURE = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000
FILE_UPLOAD_HANDLERS = ["xieli.faces.web.uploads.Limited", "django.core.files.uploadhandler.TemporaryFileUploadHandler"]

FILES = HOME / "files"
FILE_LARGEST = int(os.environ.get("XIELI_FILE_MB", "512")) * 2**20  # bytes of one stored file; a scanned volume is below 300 MB

SESSION_COOKIE = "__Host-xieli" if os.environ.get("XIELI_TLS") == "1" else "xieli_session"
# set only for a door and a web process that people reach from outside the installation's zone (docs/decisions/access-zones.md)
ZONE = os.environ.get("XIELI_ZONE", "")
SESSION_IDLE_MINUTES = 15  # security.md §7; administrators 10
SESSION_ABSOLUTE_HOURS = 8
REAUTH_MINUTES = 5

# Nothing that a person must not see is logged: no query parameters, no bodies, no addresses of reporters, no words of an exception (server/quietlog.py);
# and no fault is mailed to anybody (Django's own handler would, with the whole request).
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "xieli.server.quietlog.Quiet", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"django": {"handlers": [], "level": "WARNING"}, "django.db.backends": {"level": "ERROR"}, "procrastinate": {"level": "WARNING"}},
}
