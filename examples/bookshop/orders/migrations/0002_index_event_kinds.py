from django.db import migrations, models


class Migration(migrations.Migration):
    """Blocks every checkout for as long as the index of the shop's biggest table is built."""

    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.AddIndex(  # planted: blocking-index-order-event
            model_name="orderevent",
            index=models.Index(fields=["kind", "happened_at"], name="event_kind_time_idx"),
        ),
    ]
