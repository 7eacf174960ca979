"""What two signed-in users are shown by a page behind `cache_page()`, one after the other, as JSON."""

import json

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="test",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
)
django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from django.views.decorators.cache import cache_control, cache_page, never_cache
from django.views.decorators.vary import vary_on_cookie, vary_on_headers


def name(request):
    return HttpResponse(request.user.username)


VIEWS = {
    "cache_page": cache_page(60)(name),
    "vary_on_cookie below": cache_page(60)(vary_on_cookie(name)),
    "vary_on_cookie above": vary_on_cookie(cache_page(60)(name)),
    "another header": cache_page(60)(vary_on_headers("Accept-Language")(name)),
    "private": cache_page(60)(cache_control(private=True)(name)),
    "never_cache": cache_page(60)(never_cache(name)),
}
urlpatterns = [path(f"{number}/", view) for number, view in enumerate(VIEWS.values())]


def main():
    call_command("migrate", verbosity=0)
    clients = []
    for username in ("ann", "bob"):
        client = Client()
        client.force_login(User.objects.create_user(username))
        clients.append(client)
    shown = {
        label: [client.get(f"/{number}/").content.decode() for client in clients] for number, label in enumerate(VIEWS)
    }
    print(json.dumps(shown))


main()
