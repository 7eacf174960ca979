class AdminSite:
    def register(self, *args, **kwargs):
        pass


site = AdminSite()
