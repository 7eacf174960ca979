import luthier


class UnmountedType:
    def __init__(self, *args, **kwargs):
        pass


class Structure(UnmountedType):
    pass


class List(Structure):
    pass


class NonNull(Structure):
    pass


class Field(UnmountedType):
    pass


class Scalar(UnmountedType):
    pass


class String(Scalar):
    pass


class Int(Scalar):
    pass


class Float(Scalar):
    pass


class Boolean(Scalar):
    pass


class ID(Scalar):
    pass


class DateTime(Scalar):
    pass


class Date(Scalar):
    pass


class Decimal(Scalar):
    pass


class JSONString(Scalar):
    pass


class Interface:
    pass


class ObjectType:
    def __luthier_entry__(self):
        luthier.graphql_root(self)


class Mutation(ObjectType):
    pass
