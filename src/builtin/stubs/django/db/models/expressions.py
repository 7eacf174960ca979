from django.db.models import Case, Combinable, Exists, Expression, ExpressionList, ExpressionWrapper, F, Func, OrderBy, OuterRef, RawSQL, Subquery, Value, When, Window
