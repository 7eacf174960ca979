from django.contrib import admin
from django.urls import include, path

from .backoffice import backoffice

urlpatterns = [
    path("admin/", admin.site.urls),
    path("backoffice/", backoffice.urls),
    path("orders/", include("orders.urls")),
    path("reviews/", include("reviews.urls")),
    path("marketing/", include("marketing.urls")),
    path("stock/", include("inventory.urls")),
    path("", include("catalog.urls")),
]
