from graphene import ObjectType


class DjangoObjectType(ObjectType):
    pass
