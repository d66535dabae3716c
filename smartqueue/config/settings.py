"""One settings file, read from the environment. The same engines everywhere: PostgreSQL, Valkey, Celery."""

from datetime import timedelta
from pathlib import Path

from celery.schedules import crontab
from django.conf import locale
from django.contrib.messages import constants as messages
from django.utils.translation import gettext_lazy as _

from smartqueue.config import environment as env

HERE = env.load()
BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = HERE.secret_key
DEBUG = env.flag("DEBUG")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1 localhost [::1] testserver")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
CORS_ALLOWED_ORIGINS = env.words("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/"

INSTALLED_APPS = [
    "smartqueue.accounts",
    "smartqueue.tenants",
    "smartqueue.journal",
    "smartqueue.sites",
    "smartqueue.customers",
    "smartqueue.billing",
    "smartqueue.travel",
    "smartqueue.queueing",
    "smartqueue.forecast",
    "smartqueue.feedback",
    "smartqueue.notifications",
    "smartqueue.webhooks",
    "smartqueue.reporting",
    "smartqueue.api",
    "smartqueue.devices",
    "smartqueue.phone",
    "smartqueue.web.shared",
    "smartqueue.web.public",
    "smartqueue.web.agent",
    "smartqueue.web.manage",
    "smartqueue.web.platform",
    "smartqueue.web.kiosk",
    "smartqueue.web.display",
    "smartqueue.config.apps.House",
    "smartqueue.config.apps.PlatformAdmin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "corsheaders",
    "rest_framework",
    "django_cotton",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.locale.LocaleMiddleware",  # first: what refuses early speaks the reader's language too
    "smartqueue.api.middleware.RefuseNul",
    "smartqueue.api.middleware.SayUnavailable",
    "smartqueue.web.shared.csp.PagePolicy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "smartqueue.web.shared.errors.SayUnavailable",  # asked before the one of the API
]

ROOT_URLCONF = "smartqueue.config.urls"
WSGI_APPLICATION = "smartqueue.config.wsgi.application"
ASGI_APPLICATION = "smartqueue.config.asgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Three roles on one database (docs/decisions/0002): the application is held by row-level security, platform staff
# and the relay have explicit policies, the owner only migrates.
# A pool that gives up soon tries again with the next request, once a second; one that does not waits longer and longer.
_PATIENCE: dict[str, object] = {"timeout": 3, "reconnect_timeout": 2}
_POOL: dict[str, object] = {"min_size": 1, "max_size": env.number("DATABASE_POOL", 8), **_PATIENCE}
DATABASES = {
    "default": env.database(HERE.app_url, pool=_POOL),
    "platform": env.database(
        HERE.platform_url, pool={"min_size": 0, "max_size": max(4, env.number("DATABASE_POOL", 8) // 2), **_PATIENCE}
    ),
}
if HERE.owner_url:
    DATABASES["owner"] = env.database(HERE.owner_url)
DATABASE_ROUTERS = ["smartqueue.tenants.routers.Connections"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

ACCESS_TOKEN_LIFETIME = timedelta(minutes=env.number("ACCESS_TOKEN_MINUTES", 10))
REFRESH_TOKEN_LIFETIME = timedelta(days=env.number("REFRESH_TOKEN_DAYS", 14))

locale.LANG_INFO["wo"] = {"bidi": False, "code": "wo", "name": "Wolof", "name_local": "Wolof", "fallback": ["fr"]}
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("wo", _("Wolof")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
FORMAT_MODULE_PATH = "smartqueue.web.shared.formats"  # Wolof writes numbers and dates as French does
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = HERE.home / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns of a missing folder on every start
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "smartqueue.web.shared.statics.HashedOnceCollected"},
}

EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = HERE.home / "mail"
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "SmartQueue <noreply@smartqueue.example>")

SESSION_ENGINE = "smartqueue.web.shared.sessions"  # 7 days at most
SESSION_COOKIE_AGE = 12 * 3600  # without a request
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = env.flag("SECURE_COOKIES")
if SESSION_COOKIE_SECURE:  # a name that browsers take only from this very host, over https
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = (
    "same-origin"  # "no-referrer" makes browsers send `Origin: null` with our forms, which is refused
)
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],  # web.shared.csp adds the own host's sockets
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}
LOGIN_URL = "/sign-in/"
MESSAGE_TAGS = {messages.ERROR: "late", messages.WARNING: "late"}  # the components' word
CSRF_FAILURE_VIEW = "smartqueue.web.shared.errors.csrf_failure"
SMARTQUEUE_STYLEGUIDE = env.flag("SMARTQUEUE_STYLEGUIDE", default=DEBUG)
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
# Processes that send messages; 0 sends none from this machine.
MESSAGE_SENDERS = env.number("MESSAGE_SENDERS", 4)
# Where people find this house: links in messages begin with it.
PUBLIC_URL = env.text("PUBLIC_URL", f"http://127.0.0.1:{env.number('PORT', 8000)}").rstrip("/")
# Webhooks and providers at 127.0.0.1: for who builds on this, with receivers and sandboxes beside.
OUTBOUND_LOOPBACK = env.flag("SMARTQUEUE_ALLOW_LOOPBACK", default=DEBUG)
VAPID_PRIVATE_KEY = env.text("VAPID_PRIVATE_KEY")  # of Web Push; without it, it follows from SECRET_KEY

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["smartqueue.api.v1.authentication.BearerToken"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["smartqueue.api.v1.parsers.StrictJSON"],
    "DEFAULT_RENDERER_CLASSES": ["drf_orjson_renderer.renderers.ORJSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "smartqueue.api.v1.parsers.AlwaysJSON",
    "DEFAULT_SCHEMA_CLASS": "smartqueue.api.v1.schema.Schema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "smartqueue.api.v1.problems.problem",
    "UNAUTHENTICATED_USER": None,
    "DATETIME_FORMAT": None,
    "COERCE_DECIMAL_TO_STRING": False,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "SmartQueue API",
    "DESCRIPTION": "Tickets, queues, counters and agents. Sign in at `/api/v1/users/jwt/token/`, then work below "
    "`/api/v1/tenants/{slug}/`. Errors are `application/problem+json` with a stable `code`.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "LICENSE": {"name": "Apache-2.0"},
}

CELERY_BROKER_URL = HERE.redis_url
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "smartqueue"
CELERY_TASK_ROUTES = {"notifications.send_due": {"queue": "messages"}}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 300, "socket_timeout": 5, "socket_connect_timeout": 2}
CELERY_BEAT_SCHEDULE = {
    "journal: hand over what the poke missed": {
        "task": "journal.relay",
        "schedule": 3.0,
        "kwargs": {"everything": True},
    },
    "devices: a minute of silence is offline": {"task": "devices.mark_silent_offline", "schedule": 20.0},
    "queueing: expire what is left when a site has closed": {"task": "queueing.expire_leftovers", "schedule": 60.0},
    "queueing: void numbers of yesterday that no kiosk used": {
        "task": "queueing.void_leftover_blocks",
        "schedule": 3600.0,
    },
    "queueing: forget who came long ago": {
        "task": "queueing.forget_old_visits",
        "schedule": crontab(hour=3, minute=17),
    },
    "queueing: look at the rules of alerts": {"task": "queueing.evaluate_alerts", "schedule": 30.0},
    "queueing: letters of alerts": {"task": "queueing.send_alert_letters", "schedule": 30.0},
    "reporting: follow what has happened": {"task": "reporting.calculate_queue_metrics", "schedule": 30.0},
    "reporting: finish the day that has ended": {"task": "reporting.generate_daily_report", "schedule": 900.0},
    "reporting: letters of the morning": {"task": "reporting.send_daily_reports", "schedule": 300.0},
    "reporting: count the answers": {"task": "reporting.aggregate_satisfaction_daily", "schedule": 3600.0},
    "webhooks: tries that are due again": {"task": "webhooks.deliver", "schedule": 3.0},
    "webhooks: letters about what was turned off": {"task": "webhooks.send_letters", "schedule": 60.0},
    "webhooks: forget what is old": {"task": "webhooks.forget_old", "schedule": 3600.0},
    "forecast: follow what happens in the lines": {
        "task": "forecast.follow",
        "schedule": 5.0,
        "options": {"expires": 30},
    },
    "forecast: look at every line in play": {
        "task": "forecast.recompute",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "forecast: who waits elsewhere and has to leave": {"task": "forecast.watch_journeys", "schedule": 10.0},
    "forecast: forget where people were": {"task": "forecast.forget_positions", "schedule": 3600.0},
    "notifications: forget old messages": {
        "task": "notifications.cleanup_old_notifications",
        "schedule": crontab(hour=3, minute=37),
    },
    "journal: forget answers that no client will ask for again": {"task": "journal.forget_answers", "schedule": 3600.0},
    "billing: count what tenants use of their quotas": {"task": "billing.count_usage", "schedule": 600.0},
    "notifications: send what is due": {
        "task": "notifications.send_due",
        "schedule": 3.0,
        "options": {"expires": 10, "queue": "messages"},
    },
    "notifications: give up what comes too late": {"task": "notifications.give_up_overdue", "schedule": 10.0},
    "notifications: letters on budgets": {"task": "notifications.send_budget_letters", "schedule": 300.0},
    "platform: a sign of life of clock and worker": {"task": "platform.pulse", "schedule": 15.0},
    "accounts: forget old codes and tokens": {"task": "accounts.forget_expired", "schedule": 3600.0},
}
JOURNAL_WIRING = "smartqueue.config.wiring"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {"django.request": {"level": "ERROR"}},
}
