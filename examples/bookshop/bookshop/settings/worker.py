"""The Celery worker: one connection a process, with limits on how long anything may take."""

from .base import *  # noqa: F403
from .database import from_environment

DATABASES = {
    "default": {
        **from_environment(),
        "ATOMIC_REQUESTS": False,  # twin: atomic-requests-with-http
        "CONN_MAX_AGE": 0,  # twin: conn-max-age-asgi
        "OPTIONS": {
            "application_name": "bookshop-worker",
            "connect_timeout": 5,  # twin: no-connect-timeout
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "options": "-c lock_timeout=2s -c statement_timeout=30s -c idle_in_transaction_session_timeout=30s",  # twin: no-statement-timeout # twin: no-idle-timeout
        },
    },
}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",  # twin: locmem-in-many-workers
        "LOCATION": "redis://127.0.0.1:6379/2",
        "KEY_PREFIX": "bookshop",
    },
}
