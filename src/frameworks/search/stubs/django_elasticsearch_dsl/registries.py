import luthier

registry = luthier.unknown()
