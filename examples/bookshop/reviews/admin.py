from django.contrib import admin

from .models import Badge, Review


@admin.register(Review)
class ReviewAdmin(admin.ModelAdmin):
    list_display = ("headline", "rating", "approved")
    list_filter = ("approved",)
    raw_id_fields = ("book", "customer")


@admin.register(Badge)
class BadgeAdmin(admin.ModelAdmin):
    list_display = ("code",)
    raw_id_fields = ("holders",)
