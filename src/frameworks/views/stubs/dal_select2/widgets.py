# What they show is asked for while somebody types, but for the rows that are chosen.
class ModelSelect2:
    pass


class ModelSelect2Multiple:
    pass
