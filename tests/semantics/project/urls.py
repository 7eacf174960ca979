from django.urls import path

from project.library import admin, admin_dotted

urlpatterns = [path(f"{site.name}/", site.urls) for site in admin.SITES + admin_dotted.SITES]
