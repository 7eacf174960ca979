import luthier


class Feed:
    title_template = None
    description_template = None

    def __luthier_entry__(self):
        if luthier.base_alone(self):
            return
        obj = self.get_object(luthier.request(), *luthier.unknown(), **luthier.unknown())
        items = luthier.call_with_some(self.items, obj)
        for item in items:
            context = self.get_context_data(item=item, site=luthier.unknown(), obj=obj, request=luthier.request())
            if self.title_template is not None:
                luthier.render_template(self.title_template, context)
            else:
                luthier.call_with_some(self.item_title, item)
            if self.description_template is not None:
                luthier.render_template(self.description_template, context)
            else:
                luthier.call_with_some(self.item_description, item)
            luthier.call_with_some(self.item_link, item)
            luthier.call_with_some(self.item_guid, item)
            luthier.call_with_some(self.item_pubdate, item)
            luthier.call_with_some(self.item_updateddate, item)
            luthier.call_with_some(self.item_author_name, item)
            luthier.call_with_some(self.item_author_email, item)
            luthier.call_with_some(self.item_author_link, item)
            luthier.call_with_some(self.item_categories, item)
            luthier.call_with_some(self.item_enclosure_url, item)
            luthier.call_with_some(self.item_extra_kwargs, item)
            luthier.call_with_some(self.item_comments, item)
            self.__luthier_item__(item)

    def __luthier_item__(self, item):
        """What a package's kind of feed asks besides."""

    def get_object(self, request, *args, **kwargs):
        return None

    def get_context_data(self, **kwargs):
        return {"obj": kwargs.get("item"), "site": kwargs.get("site")}

    def item_title(self, item):
        return str(item)

    def item_link(self, item):
        return item.get_absolute_url()
