"""The bookshop's settings for tests, and one tool that watches statements, set up as its documentation says."""

import os

from bookshop.settings.test import *  # noqa: F403
from bookshop.settings.test import DATABASES, INSTALLED_APPS, MIDDLEWARE

TOOL = os.environ.get("BENCH_TOOL", "nothing")
DATABASES["default"]["CONN_MAX_AGE"] = 600
INSTALLED_APPS = [*INSTALLED_APPS]
MIDDLEWARE = [*MIDDLEWARE]
ROOT_URLCONF = "bench_urls"

if TOOL == "debug-toolbar":
    INSTALLED_APPS += ["debug_toolbar"]
    MIDDLEWARE.insert(0, "debug_toolbar.middleware.DebugToolbarMiddleware")
    # The panel that looks at statements, and no other: what the rest costs is no statement's cost.
    DEBUG_TOOLBAR_PANELS = ["debug_toolbar.panels.sql.SQLPanel"]
    DEBUG_TOOLBAR_CONFIG = {"SHOW_TOOLBAR_CALLBACK": lambda request: True, "IS_RUNNING_TESTS": False}
elif TOOL == "silk":
    INSTALLED_APPS += ["silk"]
    MIDDLEWARE.insert(0, "silk.middleware.SilkyMiddleware")
elif TOOL == "query-doctor":
    INSTALLED_APPS += ["query_doctor"]
    MIDDLEWARE.insert(0, "query_doctor.QueryDoctorMiddleware")
    QUERY_DOCTOR = {"REPORTERS": []}
elif TOOL == "zeal":
    INSTALLED_APPS += ["zeal"]
    MIDDLEWARE.insert(0, "zeal.middleware.zeal_middleware")
    ZEAL_RAISE = False
