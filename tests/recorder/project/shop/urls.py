from django.urls import path
from django.views.decorators.cache import never_cache
from store import views

urlpatterns = [
    path("orders/", views.orders),
    path("orders/<int:pk>/", views.order),
    path("marked/<str:mark>/<int:count>/", views.marked),
    path("amarked/<str:mark>/<int:count>/", views.amarked),
    path("stream/<str:mark>/", views.stream),
    path("desk/", never_cache(views.Desk().orders)),
    path("jinja/", views.jinja),
    path("fails/", views.fails),
]
