from django.contrib.admin.options import ModelAdmin


class GroupAdmin(ModelAdmin):
    pass


class UserAdmin(ModelAdmin):
    list_display = ("username", "email", "first_name", "last_name", "is_staff")
    list_filter = ("is_staff", "is_superuser", "is_active", "groups")
