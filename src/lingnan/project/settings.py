"""Django's settings, derived from `config`. Nothing here reads the environment."""

import importlib.util

from django.utils.translation import gettext_lazy as _

from . import config

LINGNAN = config.load()
BASE_DIR = config.BASE_DIR
PACKAGE_DIR = BASE_DIR / "src" / "lingnan"

DEBUG = False
SECRET_KEY = LINGNAN.secret_key
ALLOWED_HOSTS = LINGNAN.allowed_hosts.split(",")
ROOT_URLCONF = "lingnan.project.urls"
WSGI_APPLICATION = "lingnan.project.wsgi.application"

MODULES = (
    "security.crypto",
    "security.audit",
    "security.masking",
    "standards.codes",
    "standards.calendar",
    "standards.regions",
    "standards.agencies",
    "standards.matters",
    "platforms.documents",
    "platforms.messaging",
    "platforms.identity",
    "platforms.workflow",
    "platforms.payment",
    "platforms.licences",
    "platforms.credit",
    "applications.government_services",
    "operations.performance",
)
INSTALLED_APPS = [
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "lingnan.kernel",
    *(f"lingnan.{module}" for module in MODULES),
    "lingnan.project",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "lingnan.project.middleware.Headers",
    "lingnan.project.middleware.ApiProblems",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "lingnan.project.middleware.PlainWords",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    *(
        name
        for name in ("lingnan.platforms.identity.middleware.ActorMiddleware",)
        if importlib.util.find_spec(name.rpartition(".")[0])
    ),
    "django.contrib.messages.middleware.MessageMiddleware",
    "lingnan.kernel.web.pages.RefusalPages",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE_DIR / "kernel" / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                *(
                    name
                    for name in (
                        "lingnan.kernel.web.context.page_context",
                        "lingnan.platforms.identity.context.actor_context",
                        "lingnan.platforms.messaging.context.unread",
                    )
                    if importlib.util.find_spec(name.rpartition(".")[0])
                ),
            ],
            "libraries": (
                {"components": "lingnan.kernel.web.templatetags.components"}
                if (PACKAGE_DIR / "kernel/web/templatetags/components.py").exists()
                else {}
            ),
        },
    }
]
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

DATABASES = {
    "default": config.database_settings(
        LINGNAN.database_url or "postgresql:///lingnan",
        LINGNAN.database_pool,
        keep_s=0 if LINGNAN.mode == "test" else 60,
        prepare=LINGNAN.database_prepare,
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [
    ("zh-hans", _("Simplified Chinese")),
    ("zh-hant", _("Traditional Chinese")),
    ("en", _("English")),
]
LOCALE_PATHS = [PACKAGE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = LINGNAN.var / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [PACKAGE_DIR / "kernel" / "web" / "static"]
WHITENOISE_USE_FINDERS = not LINGNAN.production
WHITENOISE_MAX_AGE = 3600

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
]

SESSION_COOKIE_SECURE = LINGNAN.production
CSRF_COOKIE_SECURE = LINGNAN.production
CSRF_COOKIE_HTTPONLY = False
CSRF_FAILURE_VIEW = "lingnan.kernel.web.problems.form_too_old"
CSRF_TRUSTED_ORIGINS = [LINGNAN.public_url]
LANGUAGE_COOKIE_SECURE = LINGNAN.production
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 31_536_000 if LINGNAN.production else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if LINGNAN.trusted_proxies else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = LINGNAN.upload_max_bytes + 2_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
FILE_UPLOAD_PERMISSIONS = 0o600
APPEND_SLASH = True

PROCRASTINATE_ON_APP_READY = None

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": LINGNAN.log_level},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "procrastinate": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},  # it tells whole addresses, and some carry secrets
    },
}
