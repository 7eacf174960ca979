import luthier


class ModelSignal:
    def connect(self, receiver, sender=None, weak=True, dispatch_uid=None):
        luthier.receive(receiver, sender)

    def send(self, sender, **named):
        pass


pre_init = ModelSignal()
post_init = ModelSignal()
pre_save = ModelSignal()
post_save = ModelSignal()
pre_delete = ModelSignal()
post_delete = ModelSignal()
m2m_changed = ModelSignal()
