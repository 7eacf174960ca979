"""Queries that run when a module is imported."""


def fact_query_at_import():
    """A loop at the top of a module runs once per process, when it is imported; an unevaluated queryset does not.

    queries: 1
    verdict: query-at-import
    code: project/library/at_import.py LABELS
    """
    from project.library import at_import

    return at_import.LABELS
