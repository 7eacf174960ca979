from django.db.models import Lookup, Transform
