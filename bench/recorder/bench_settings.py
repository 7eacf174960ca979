"""The bookshop's settings for tests, and one tool that watches statements."""

import os

import tools
from bookshop.settings.test import *  # noqa: F403
from bookshop.settings.test import DATABASES, INSTALLED_APPS, MIDDLEWARE

APPS, FIRST, SETTINGS = tools.of(os.environ.get("BENCH_TOOL"))
DATABASES["default"]["CONN_MAX_AGE"] = 600
INSTALLED_APPS = [*INSTALLED_APPS, *APPS]
MIDDLEWARE = [*FIRST, *MIDDLEWARE]
ROOT_URLCONF = "bench_urls"
globals().update(SETTINGS)
