from django.db.models import Choices, IntegerChoices, TextChoices
