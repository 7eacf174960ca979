from strawberry import Schema, enum, field, input, interface, lazy, mutation, scalar, subscription, type, union
from strawberry import django
