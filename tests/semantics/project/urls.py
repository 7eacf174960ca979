from django.urls import path

from project.library import admin, admin_dotted, views

urlpatterns = [
    path("authors/<int:pk>/", views.one_author, name="author"),
    path("authors/called/<str:name>/", views.one_author, name="author-by-name"),
    path("books/", views.LazyBookList.as_view()),
    path("books/joined/", views.JoinedBookList.as_view()),
    path("books/inherited/", views.InheritedBookList.as_view()),
    path("books/paged/", views.PagedBookList.as_view()),
    path("books/<int:pk>/", views.OneBook.as_view()),
    path("books/function/", views.lazy_books),
    path("books/function/joined/", views.joined_books),
    *(path(f"{site.name}/", site.urls) for site in admin.SITES + admin_dotted.SITES),
]
