class HistoricalRecords:
    """Makes a model of past states and a manager of them on each instance."""

    def __init__(self, verbose_name=None, bases=(), user_related_name="+", table_name=None, inherit=False, excluded_fields=None, related_name=None, custom_model_name=None, app=None, m2m_fields=()): ...
