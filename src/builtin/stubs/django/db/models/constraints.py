from django.db.models import BaseConstraint, CheckConstraint, UniqueConstraint
