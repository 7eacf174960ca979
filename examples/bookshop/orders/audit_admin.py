from django.contrib import admin

from .models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):  # planted: admin-audit-actor queryset
    """The actor is nullable: the changelist does not join it."""

    list_display = ("action", "actor", "at")  # planted: admin-audit-actor access
    show_full_result_count = False

    def has_add_permission(self, request):
        return False
