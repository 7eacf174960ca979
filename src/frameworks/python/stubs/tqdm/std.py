class tqdm:
    def __init__(self, iterable=None, *args, **kwargs):
        self.iterable = iterable

    def __enter__(self):
        return self

    def __iter__(self):
        return self.iterable
