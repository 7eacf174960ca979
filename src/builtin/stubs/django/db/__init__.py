from django.core.exceptions import FieldError

DEFAULT_DB_ALIAS = "default"


class DatabaseError(Exception): ...


class IntegrityError(DatabaseError): ...


class OperationalError(DatabaseError): ...


class ProgrammingError(DatabaseError): ...
