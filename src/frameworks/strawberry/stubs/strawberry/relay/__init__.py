import strawberry


class connection(strawberry.StrawberryField):
    pass


class node(strawberry.StrawberryField):
    pass
