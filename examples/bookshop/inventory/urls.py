from django.urls import path

from . import views

urlpatterns = [
    path("suppliers/", views.suppliers),
    path("suppliers-prefetched/", views.suppliers_prefetched),
    path("contacts/", views.contacts),
    path("contacts-joined/", views.contacts_joined),
    path("movements/", views.movements),
    path("movement-objects/", views.movement_objects),
    path("levels/", views.levels),
    path("levels-prefetched/", views.levels_prefetched),
    path("levels-half-prefetched/", views.levels_half_prefetched),
]
