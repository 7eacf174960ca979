from graphene import Field
from graphene.relay import ConnectionField


class DjangoListField(Field):
    pass


class DjangoConnectionField(ConnectionField):
    pass
