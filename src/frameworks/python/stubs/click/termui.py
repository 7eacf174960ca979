class ProgressBar:
    def __init__(self, iterable):
        self.iterable = iterable

    def __enter__(self):
        return self

    def __iter__(self):
        return self.iterable


def progressbar(iterable=None, *args, **kwargs):
    return ProgressBar(iterable)
