from django.contrib import admin


class BackOffice(admin.AdminSite):
    """The second admin site: the warehouse people's, whose pages were mended over the years."""

    site_header = "Back office"


backoffice = BackOffice(name="backoffice")
