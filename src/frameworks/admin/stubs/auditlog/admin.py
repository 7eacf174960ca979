from django.contrib.admin.options import ModelAdmin


class LogEntryAdmin(ModelAdmin):
    list_select_related = ["content_type", "actor"]
    list_display = ["created", "resource_url", "action", "msg_short", "user_url"]
