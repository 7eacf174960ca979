from django.db.models import FilteredRelation, Q
