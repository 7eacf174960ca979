from wagtail.contrib.modeladmin.options import ModelAdmin, ModelAdminGroup, WagtailRegisterable
