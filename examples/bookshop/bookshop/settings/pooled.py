"""The web site behind PgBouncer in transaction mode (the experiment of last spring, never finished)."""

from .base import *  # noqa: F403
from .database import from_environment

DATABASES = {
    "default": {
        **from_environment(),
        "HOST": "pgbouncer.internal",
        "PORT": "6432",
        "ATOMIC_REQUESTS": True,
        "CONN_MAX_AGE": 0,
        "DISABLE_SERVER_SIDE_CURSORS": False,  # planted: server-side-cursor-through-pooler
        "OPTIONS": {
            "connect_timeout": 5,
            "options": "-c lock_timeout=20s -c statement_timeout=5s",  # planted: timeout-option-through-pooler # planted: lock-timeout-above-statement-timeout
        },
    },
    "reports": {
        **from_environment(),
        "HOST": "pgbouncer.internal",
        "PORT": "6432",
        "CONN_MAX_AGE": 0,
        "DISABLE_SERVER_SIDE_CURSORS": True,  # twin: server-side-cursor-through-pooler
        "OPTIONS": {"connect_timeout": 5},  # twin: timeout-option-through-pooler
    },
    "batch": {
        **from_environment(),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,  # twin: conn-max-age-no-health-check
        "OPTIONS": {
            "connect_timeout": 5,
            "options": "-c lock_timeout=2s -c statement_timeout=10s",  # twin: lock-timeout-above-statement-timeout
        },
    },
}
