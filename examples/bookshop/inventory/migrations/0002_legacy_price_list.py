from django.db import migrations

CREATE = """
CREATE TABLE legacy_price_list (
    id integer PRIMARY KEY,
    book_id integer NOT NULL,
    code char(12) NOT NULL,
    valid_from timestamp without time zone NOT NULL,
    amount numeric(10, 2) NOT NULL,
    units numeric(10, 0) NOT NULL,
    extra json NOT NULL
);
CREATE INDEX legacy_price_list_book ON legacy_price_list (book_id);
"""


class Migration(migrations.Migration):
    """Stands for what the old shop system made long before Django came."""

    dependencies = [("inventory", "0001_initial"), ("catalog", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, "DROP TABLE legacy_price_list")]
