import luthier


class QueryDict:
    def get(self, key, default=None):
        if luthier.unknown():
            return luthier.unknown()
        return default


class HttpRequest:
    @property
    def GET(self):
        return QueryDict()

    @property
    def query_params(self):
        return QueryDict()

    @property
    def user(self):
        return luthier.user()

    @property
    def session(self):
        return luthier.session()

    @property
    def site(self):
        return luthier.unknown()


class HttpResponse:
    def __init__(self, content=None, **kwargs):
        self.content = content
        str(content)


class HttpResponseRedirect(HttpResponse):
    pass


class StreamingHttpResponse(HttpResponse):
    def __init__(self, streaming_content=None, **kwargs):
        self.content = streaming_content


class JsonResponse(HttpResponse):
    def __init__(self, data=None, **kwargs):
        luthier.consume(data)


class FileResponse(HttpResponse):
    pass
