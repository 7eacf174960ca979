def track(sequence, *args, **kwargs):
    return sequence


class Progress:
    def __enter__(self):
        return self

    def track(self, sequence, *args, **kwargs):
        return sequence
