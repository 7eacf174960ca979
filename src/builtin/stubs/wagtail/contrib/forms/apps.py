from django.apps import AppConfig


class WagtailFormsAppConfig(AppConfig):
    name = "wagtail.contrib.forms"
    label = "wagtailforms"
