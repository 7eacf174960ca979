from django.db.models import BaseManager, Manager

EmptyManager = Manager
