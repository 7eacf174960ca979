from django.apps import AppConfig


class WagtailCoreAppConfig(AppConfig):
    name = "wagtail"
    label = "wagtailcore"
