"""The tools that are measured, set up as their documentation says: what each adds to the settings of a project."""

#: Apps, the middleware that comes first, and other settings.
TOOLS = {
    "debug-toolbar": (
        ["debug_toolbar"],
        ["debug_toolbar.middleware.DebugToolbarMiddleware"],
        {
            # The panel that looks at statements, and no other: what the rest costs is no statement's cost.
            "DEBUG_TOOLBAR_PANELS": ["debug_toolbar.panels.sql.SQLPanel"],
            "DEBUG_TOOLBAR_CONFIG": {"SHOW_TOOLBAR_CALLBACK": lambda request: True, "IS_RUNNING_TESTS": False},
        },
    ),
    "silk": (["silk"], ["silk.middleware.SilkyMiddleware"], {}),
    "query-doctor": (["query_doctor"], ["query_doctor.QueryDoctorMiddleware"], {"QUERY_DOCTOR": {"REPORTERS": []}}),
    "zeal": (["zeal"], ["zeal.middleware.zeal_middleware"], {"ZEAL_RAISE": False}),
}


def of(tool):
    return TOOLS.get(tool, ([], [], {}))


def urls(tool):
    """What a tool's own pages need to be found."""
    from django.urls import include, path

    if tool == "silk":
        return [path("silk/", include("silk.urls", namespace="silk"))]
    return [path("__debug__/", include("debug_toolbar.urls"))] if tool == "debug-toolbar" else []
