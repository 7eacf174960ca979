import strawberry


class StrawberryDjangoField(strawberry.StrawberryField):
    pass


class field(StrawberryDjangoField):
    pass


class node(StrawberryDjangoField):
    pass


class connection(StrawberryDjangoField):
    pass


class offset_paginated(StrawberryDjangoField):
    pass
