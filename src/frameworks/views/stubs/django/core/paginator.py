import luthier


class Paginator:
    def __init__(self, object_list, per_page, orphans=0, allow_empty_first_page=True, **kwargs):
        self.object_list = object_list
        self.per_page = per_page

    @property
    def count(self):
        return self.object_list.count()

    def page(self, number):
        luthier.counted(self.object_list)
        return self._get_page(self.object_list[number:number], number, self)

    def get_page(self, number):
        return self.page(number)

    def _get_page(self, object_list, number, paginator):
        return Page(object_list, number, paginator)

    def __iter__(self):
        yield self.page(1)


class Page:
    def __init__(self, object_list, number, paginator):
        self.object_list = object_list
        self.number = number
        self.paginator = paginator

    def __iter__(self):
        return luthier.items(self.object_list)

    def __getitem__(self, index):
        return self.object_list[index]
