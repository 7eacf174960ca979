from wagtail.admin.viewsets.model import ModelViewSet


class SnippetViewSet(ModelViewSet):
    pass
