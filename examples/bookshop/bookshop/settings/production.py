from .base import *  # noqa: F403

DEBUG = False

# Runs under gunicorn with uvicorn workers and threads; see gunicorn.conf.py.
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_SECURE = True
