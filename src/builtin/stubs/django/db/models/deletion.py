from django.db.models import CASCADE, PROTECT, RESTRICT, SET, SET_NULL, SET_DEFAULT, DO_NOTHING, ProtectedError, RestrictedError
