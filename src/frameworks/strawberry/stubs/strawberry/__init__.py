import luthier

type = luthier.strawberry_type()
interface = type
input = luthier.unknown
enum = luthier.unknown
union = luthier.unknown
scalar = luthier.unknown
lazy = luthier.unknown


class StrawberryField:
    pass


class field(StrawberryField):
    pass


class mutation(StrawberryField):
    pass


class subscription(StrawberryField):
    pass


class Schema:
    pass
