from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

LAST_INTEGER = 2**31 - 1
TRANSACTIONS = 1_200_000_000
NUMBERS = 2**32

# Each step leaves the marks of years of neglect on one table, and none on another of the same kind.
STEPS = [
    "ALTER TABLE inventory_stocklevel SET (autovacuum_enabled = off)",
    "UPDATE inventory_stocklevel SET on_hand = on_hand + 1",
    "UPDATE inventory_stocklevel SET on_hand = on_hand + 1",
    "UPDATE inventory_stocklevel SET on_hand = on_hand - 1",  # planted: worn-stock-level # planted: autovacuum-off-stock-level
    "CREATE INDEX stock_reason_lower_idx ON inventory_stockmovement (lower(reason))",  # twin: never-analysed-login-agent
    "VACUUM ANALYZE inventory_stockmovement",  # twin: worn-stock-level # twin: autovacuum-off-stock-level
    "ALTER TABLE orders_shipment SET (autovacuum_analyze_scale_factor = 5)",
    "UPDATE orders_shipment SET carrier_id = 1 + id % 2",  # planted: stale-shipment-statistics
    "ANALYZE orders_payment",  # twin: stale-shipment-statistics
    "DELETE FROM customers_loginevent WHERE id % 20 <> 0",
    "VACUUM customers_loginevent",  # planted: bloated-login-index
    "REINDEX TABLE customers_wishlistitem",  # twin: bloated-login-index
    "CREATE INDEX login_agent_lower_idx ON customers_loginevent (lower(user_agent))",  # planted: never-analysed-login-agent
    "VACUUM orders_orderline",
    "VACUUM ANALYZE reviews_comment",  # planted: bloated-comments
    "VACUUM ANALYZE reviews_review",  # twin: bloated-comments
]


class Command(BaseCommand):
    help = "Ages a filled database: dead rows, old statistics, a bloated and an invalid index, keys and transactions that run out"

    def handle(self, **options):
        with connection.cursor() as cursor:
            # Years of neglect are no traffic: what statements cost is counted of the application's alone.
            cursor.execute("SET pg_stat_statements.track = none")
            try:
                for step in STEPS:
                    cursor.execute(step)
                self._leave_invalid_index(cursor)
                self._use_up_keys(cursor)
                self._pass_transactions(cursor)
            finally:
                cursor.execute("RESET pg_stat_statements.track")
        self.stdout.write(f"{len(STEPS) + 3} steps done")

    def _leave_invalid_index(self, cursor):
        """Providers are not unique, so the build fails half-way and leaves its index behind."""
        try:
            cursor.execute("CREATE UNIQUE INDEX CONCURRENTLY payment_provider_once ON orders_payment (provider)")  # planted: invalid-index-payment-provider
        except DatabaseError:
            self.stdout.write("an invalid index is left behind")
        cursor.execute("CREATE INDEX CONCURRENTLY payment_country_idx ON orders_payment (country)")  # twin: invalid-index-payment-provider

    def _use_up_keys(self, cursor):
        """Years of deliveries: 93 of every 100 keys of the movements are gone."""
        cursor.execute("SELECT setval('inventory_stockmovement_id_seq', %s)", [int(LAST_INTEGER * 0.93)])

    def _pass_transactions(self, cursor):
        """As many transactions as years have, in none of which the audit entries were frozen: only the mark is made, and only a superuser can."""
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if not cursor.fetchone()[0]:
            self.stdout.write("no superuser: the audit entries stay as young as they are")
            return
        cursor.execute(
            "UPDATE pg_class SET relfrozenxid = ((txid_current() + %s) %% %s)::text::xid WHERE oid = 'orders_auditentry'::regclass",
            [NUMBERS - TRANSACTIONS, NUMBERS],
        )
