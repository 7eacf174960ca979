from django.urls import path

from . import views

urlpatterns = [
    path("comments/", views.comments),
    path("comments-prefetched/", views.comments_prefetched),
    path("comment-houses/", views.comment_houses),
    path("comment-houses-whole/", views.comment_houses_whole),
    path("discussed/", views.discussed),
    path("discussed-prefetched/", views.discussed_prefetched),
    path("badges/", views.badges),
    path("badges-prefetched/", views.badges_prefetched),
    path("widget/", views.widget),
    path("widget-joined/", views.widget_joined),
]
