from django.db.models import Aggregate, AnyValue, Avg, Count, Max, Min, StdDev, StringAgg, Sum, Variance
