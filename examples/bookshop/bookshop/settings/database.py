"""Reads DATABASE_URL into the keys of a DATABASES entry."""

import os
from urllib.parse import unquote, urlsplit


def from_environment(default="postgresql://bookshop@127.0.0.1:5432/bookshop"):
    url = urlsplit(os.environ.get("DATABASE_URL", default))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(url.port or ""),
    }
