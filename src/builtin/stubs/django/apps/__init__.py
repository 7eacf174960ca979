import luthier


class AppConfig:
    name = None
    label = None
    verbose_name = None

    def ready(self): ...

    def get_model(self, model_name, require_ready=True):
        return luthier.model_class(self.label, model_name)

    def get_models(self, include_auto_created=False, include_swapped=False): ...


class Apps:
    def get_model(self, app_label, model_name=None, require_ready=True):
        return luthier.model_class(app_label, model_name)

    def get_models(self, include_auto_created=False, include_swapped=False): ...

    def get_app_config(self, app_label):
        config = AppConfig()
        config.label = app_label
        return config

    def get_app_configs(self): ...
    def is_installed(self, app_name): ...


apps = Apps()
