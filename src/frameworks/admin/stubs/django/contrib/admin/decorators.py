import luthier

register = luthier.unknown
display = luthier.unknown
action = luthier.unknown
