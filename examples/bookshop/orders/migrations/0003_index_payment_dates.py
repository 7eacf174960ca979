from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0002_index_event_kinds")]

    operations = [
        AddIndexConcurrently(  # twin: blocking-index-order-event
            model_name="payment",
            index=models.Index(fields=["paid_at"], name="payment_paid_at_idx"),
        ),
    ]
