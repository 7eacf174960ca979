class BoundRow:
    pass


class BoundRows:
    pass
