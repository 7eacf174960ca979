from django.db import migrations

CREATE = """
CREATE TABLE marketing_pageview (
    id uuid NOT NULL,
    viewed_at timestamptz NOT NULL,
    path varchar(200) NOT NULL,
    book_id bigint,
    session_key varchar(40) NOT NULL,
    PRIMARY KEY (id, viewed_at)
) PARTITION BY RANGE (viewed_at);
CREATE TABLE marketing_pageview_2026_03 PARTITION OF marketing_pageview
    FOR VALUES FROM ('2026-03-01 00:00+00') TO ('2026-04-01 00:00+00');
CREATE TABLE marketing_pageview_2026_04 PARTITION OF marketing_pageview
    FOR VALUES FROM ('2026-04-01 00:00+00') TO ('2026-05-01 00:00+00');  -- twin: page-view-default-partition
CREATE TABLE marketing_pageview_default PARTITION OF marketing_pageview DEFAULT;
CREATE INDEX marketing_pageview_book ON marketing_pageview (book_id);
"""


class Migration(migrations.Migration):
    dependencies = [("marketing", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, "DROP TABLE marketing_pageview")]  # planted: page-view-default-partition
