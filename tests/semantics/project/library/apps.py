from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "project.library"
    label = "library"
