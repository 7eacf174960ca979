from django.db.models import GeneratedField
