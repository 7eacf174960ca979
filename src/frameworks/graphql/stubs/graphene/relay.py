from graphene import Field, Interface


class Node(Interface):
    pass


class Connection:
    pass


class ConnectionField(Field):
    pass
