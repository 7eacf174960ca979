from django.urls import path

from . import caching, views

urlpatterns = [
    path("campaigns/", views.campaigns),
    path("campaigns-whole/", views.campaigns_whole),
    path("subscribers/", views.subscribers),
    path("subscribers-joined/", views.subscribers_joined),
    path("views/<int:pk>/", views.views_of_book),
    path("views-since/<int:pk>/", views.views_of_book_since),
    path("dashboard/", views.dashboard),
    path("dashboard-closed/", views.dashboard_closed),
    path("my-coupons/", caching.my_coupons),
    path("my-orders/", caching.my_orders),
]
