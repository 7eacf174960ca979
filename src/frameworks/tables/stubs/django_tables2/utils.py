class Accessor:
    def __init__(self, value=None, **kwargs):
        pass



class A(Accessor):
    pass
