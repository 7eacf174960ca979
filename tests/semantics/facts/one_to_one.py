"""One-to-one relations, both ways, and multi-table inheritance, which is one."""

from project.library.models import Author, Place, Profile, Restaurant


def fact_o2o_forward():
    """From the side that holds the key, three profiles.

    queries: 4
    verdict: n-plus-one author
    """
    return [profile.author.name for profile in Profile.objects.all()]  # here


def fact_o2o_forward_joined():
    """From the side that holds the key, mended.

    queries: 1
    verdict: none
    """
    return [profile.author.name for profile in Profile.objects.select_related("author")]


def fact_o2o_backwards_misses_cost_too():
    """A missing row costs its query as well: five authors, three profiles.

    queries: 6
    verdict: n-plus-one profile
    """
    return [author.profile.site for author in Author.objects.all() if hasattr(author, "profile")]  # here


def fact_o2o_backwards_joined():
    """The join knows that there is none.

    queries: 1
    verdict: none
    """
    return [author.profile.site for author in Author.objects.select_related("profile") if hasattr(author, "profile")]


def fact_o2o_backwards_prefetched():
    """So does a prefetch.

    queries: 2
    verdict: none
    """
    return [author.profile.site for author in Author.objects.prefetch_related("profile") if hasattr(author, "profile")]


def fact_o2o_backwards_try():
    """Asking forgiveness costs as much.

    queries: 6
    verdict: n-plus-one profile
    """
    sites = []
    for author in Author.objects.all():
        try:
            sites.append(author.profile.site)  # here
        except Profile.DoesNotExist:
            sites.append(None)
    return sites


def fact_o2o_backwards_getattr():
    """So does getattr() with a default.

    queries: 6
    verdict: n-plus-one profile
    """
    return [getattr(author, "profile", None) for author in Author.objects.all()]  # here


def fact_o2o_there_and_back():
    """The way back is known.

    queries: 4
    verdict: n-plus-one profile
    """
    names = []
    for author in Author.objects.exclude(profile=None):
        names.append(author.profile.author.name)  # here
    return names


def fact_bare_select_related_skips_backwards_o2o():
    """Without arguments nothing is followed backwards, nor the nullable publisher.

    queries: 6
    verdict: n-plus-one profile
    verdict: select-related-without-arguments
    """
    authors = Author.objects.select_related()  # here: select-related-without-arguments
    return [hasattr(author, "profile") for author in authors]  # here: n-plus-one


def fact_inheritance_child_joins_its_parent():
    """Rows of the child come with the columns of the parent.

    queries: 1
    verdict: none
    """
    return [restaurant.name for restaurant in Restaurant.objects.all()]


def fact_inheritance_parent_link_is_free():
    """The link to the parent is built from the columns at hand.

    queries: 1
    verdict: none
    """
    return [restaurant.place_ptr.name for restaurant in Restaurant.objects.all()]


def fact_inheritance_parent_link_of_a_narrowed_child():
    """With a column of the parent left out, the parent is fetched.

    queries: 6
    verdict: deferred-field-load name
    """
    return [restaurant.place_ptr.pk for restaurant in Restaurant.objects.only("cuisine")]  # here


def fact_inheritance_parent_to_child():
    """From the parent, the child is a one-to-one relation backwards.

    queries: 6
    verdict: n-plus-one restaurant
    """
    return [place.restaurant.cuisine for place in Place.objects.all()]  # here


def fact_inheritance_parent_to_child_joined():
    """It can be joined.

    queries: 1
    verdict: none
    """
    return [place.restaurant.cuisine for place in Place.objects.select_related("restaurant")]
