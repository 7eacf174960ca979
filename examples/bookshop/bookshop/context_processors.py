from catalog.models import Genre


def navigation(request):
    """The genres of the menu; lazy, so that pages without a menu pay nothing."""
    return {"navigation_genres": Genre.objects.filter(parent=None)[:12]}
