/** `routers.py` for this project: reads of requests to a replica, with read-your-writes; its settings and its tests. */
import type { Artefact } from "../../model/index.ts";

export interface RouterFacts {
  /** Dotted module that it is to be: `bookshop.routers`. */
  readonly module: string;
  readonly primary: string;
  readonly replicas: readonly string[];
  /** Labels in lower case, with why: `accounts.user` → `who signed in a moment ago is looked for`. */
  readonly alwaysPrimary: readonly { readonly label: string; readonly why: string }[];
  /** Tables whose writes tell nothing that a page shows. */
  readonly quietTables: readonly string[];
  /** After a write, in seconds; and how that came about. */
  readonly pinSeconds: number;
  readonly pinSaid: string;
  /** Beyond so many seconds a replica is not read. */
  readonly mostLag: number;
  readonly hasAdmin: boolean;
  /** A model that may be read from a replica, for the tests; null for none known. */
  readonly movable: string | null;
  /** Entry of the replica in DATABASES, without what is the primary's. */
  readonly hosts: readonly { readonly alias: string; readonly host: string; readonly port: string; readonly isPlaceholder: boolean }[];
  readonly isAtomicRequests: boolean;
  readonly django: string;
}

export function routerFiles(facts: RouterFacts): readonly Artefact[] {
  const version = `Django ${facts.django}`;
  const path = facts.module.replaceAll(".", "/");
  return [
    {
      path: "routers.py",
      language: "python",
      text: routerText(facts),
      purpose: `${path}.py: sends reads of GET requests to ${facts.replicas.join(", ")}, and everything after a write to \`${facts.primary}\`.`,
      check: "test_routers.py, and a delayed standby: a row is found again by who wrote it",
      version,
    },
    {
      path: "replica_settings.py",
      language: "python",
      text: databasesText(facts),
      purpose: `For the settings that have DATABASES: the ${facts.replicas.length === 1 ? "replica" : "replicas"}, DATABASE_ROUTERS and the middleware.`,
      check: "manage.py check --database " + facts.primary,
      version,
    },
    {
      path: "test_routers.py",
      language: "python",
      text: testText(facts),
      purpose: `Beside ${path}.py, for the project's own test run: fails when a router is put in its place that forgets a write.`,
      check: `python manage.py test ${facts.module.split(".")[0] ?? ""}`,
      version,
    },
  ];
}

const quoted = (text: string): string => JSON.stringify(text);
const tuple = (items: readonly string[]): string => `(${items.map(quoted).join(", ")}${items.length === 1 ? "," : ""})`;

function routerText({ module, primary, replicas, alwaysPrimary, quietTables, pinSeconds, pinSaid, mostLag, hasAdmin }: RouterFacts): string {
  const models = alwaysPrimary.map(({ label, why }) => `    ${quoted(label)},  # ${why}`).join("\n");
  return `"""Reads that may be a moment old go to a replica; whoever wrote reads from the primary.

Switched off by REPLICA_READS = False in the settings: then every query goes to ${quoted(primary)}.
"""

import contextvars
import logging
import re
import time
from inspect import iscoroutinefunction

from asgiref.sync import markcoroutinefunction
from django.conf import settings
from django.core.exceptions import SynchronousOnlyOperation
from django.db import Error, OperationalError, connections
from django.db.backends.signals import connection_created

PRIMARY = ${quoted(primary)}
REPLICAS = ${tuple(replicas)}
POOL = frozenset({PRIMARY, *REPLICAS})

# Models that are read from the primary whatever the request does.
ALWAYS_PRIMARY = frozenset({
${models}
})

# Writes to these tables show on no page: they keep the rest of their own request on the primary, and no later one.
QUIET_TABLES = ${tuple(quietTables)}

# ${pinSaid}
PIN_SECONDS = ${pinSeconds}
PIN_COOKIE = "primary_until"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

MOST_LAG_SECONDS = ${mostLag}
CHECK_SECONDS = 1
RETRY_SECONDS = 10

logger = logging.getLogger(${quoted(module)})


class Request:
    """What one request has done to the database so far."""

    def __init__(self, pinned):
        self.pinned = pinned
        self.wrote = False
        self.replica = None
        self.retried = False


# One object a request: threads that asgiref starts for it get the same one. None outside of requests: tasks and commands read the primary.
_request = contextvars.ContextVar("replica_request", default=None)


def is_on():
    return getattr(settings, "REPLICA_READS", True)


def pin():
    """Everything that this request reads from now on comes from the primary."""
    request = _request.get()
    if request is not None:
        request.pinned = True


# ---------------------------------------------------------------------------------------------------------------- writes

_READ = re.compile(r"(?:\\s|\\(|--[^\\n]*\\n|/\\*.*?\\*/)*(?:SELECT|SHOW|EXPLAIN|FETCH|DECLARE|CLOSE|MOVE|SAVEPOINT|RELEASE|ROLLBACK|SET|RESET)\\b", re.IGNORECASE | re.DOTALL)
_LOCK = re.compile(r"\\bFOR\\s+(?:NO\\s+KEY\\s+)?UPDATE\\b", re.IGNORECASE)
_QUIET = re.compile("|".join(rf'(?:INTO|UPDATE|FROM)\\s+"?{re.escape(table)}"?\\b' for table in QUIET_TABLES), re.IGNORECASE) if QUIET_TABLES else None


def _notice_writes(execute, sql, params, many, context):
    """Raw SQL passes no router: the primary's connections say themselves when something is written."""
    request = _request.get()
    if request is not None:
        text = sql if isinstance(sql, str) else str(sql)
        if not _READ.match(text):
            request.pinned = True
            if _QUIET is None or not _QUIET.search(text):
                request.wrote = True
        elif _LOCK.search(text):
            request.pinned = True
    return execute(sql, params, many, context)


def _watch(sender, connection, **kwargs):
    if connection.alias == PRIMARY and _notice_writes not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, _notice_writes)


connection_created.connect(_watch, dispatch_uid="replica_routing")


# ---------------------------------------------------------------------------------------------------------------- health

_LAG = """
SELECT pg_is_in_recovery(), EXISTS (SELECT FROM pg_stat_wal_receiver),
       CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0) END
"""


class Health:
    """Which replicas answer and follow, looked at once a second in each process."""

    def __init__(self, clock=time.monotonic):
        self.clock = clock
        self.until = {}
        self.down = set()
        self.turn = 0

    def pick(self):
        """The next replica that can be read; None when none can."""
        for step in range(len(REPLICAS)):
            alias = REPLICAS[(self.turn + step) % len(REPLICAS)]
            if self.is_usable(alias):
                self.turn += step + 1
                return alias
        return None

    def is_usable(self, alias):
        if self.clock() >= self.until.get(alias, 0):
            self._look(alias)
        return alias not in self.down

    def mark_down(self, alias, why, retry=RETRY_SECONDS):
        if alias not in self.down:
            logger.warning("reads go to %s: %s %s", PRIMARY, alias, why)
        self.down.add(alias)
        self.until[alias] = self.clock() + retry

    def _look(self, alias):
        self.until[alias] = self.clock() + CHECK_SECONDS
        connection = connections[alias]
        try:
            with connection.cursor() as cursor:
                cursor.execute(_LAG)
                is_standby, is_connected, lag = cursor.fetchone()
        except SynchronousOnlyOperation:
            return  # Asked on an event loop: the look waits for the next query in a thread.
        except Error as error:
            connection.close()
            self.mark_down(alias, f"does not answer: {type(error).__name__}")
            return
        if is_standby and not is_connected:
            self.mark_down(alias, "is cut off from the primary")
        elif is_standby and lag > MOST_LAG_SECONDS:
            self.mark_down(alias, f"is {lag:.1f} s behind", retry=CHECK_SECONDS)
        elif alias in self.down:
            logger.warning("reads go to %s again", alias)
            self.down.discard(alias)


health = Health()


# ---------------------------------------------------------------------------------------------------------------- router


class ReplicaRouter:
    """Says the primary by name where it is meant: None would let Django take the database that the row came from."""

    def db_for_read(self, model, **hints):
        request = _request.get()
        if request is None or request.pinned or not is_on():
            return PRIMARY
        if model._meta.label_lower in ALWAYS_PRIMARY or connections[PRIMARY].in_atomic_block:
            return PRIMARY
        alias = health.pick()
        if alias is None:
            return PRIMARY
        request.replica = alias
        return alias

    def db_for_write(self, model, **hints):
        pin()
        return PRIMARY

    def allow_relation(self, obj1, obj2, **hints):
        return True if {obj1._state.db, obj2._state.db} <= POOL else None

    def allow_migrate(self, db, app_label, **hints):
        return False if db in REPLICAS else None


# ------------------------------------------------------------------------------------------------------------ middleware


class ReplicaMiddleware:
    """Opens a request's state; put it before every middleware that reads the database."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response):
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request):
        if self.is_async:
            return self.__acall__(request)
        state, token = self._open(request)
        try:
            return self._close(state, self.get_response(request))
        finally:
            _request.reset(token)

    async def __acall__(self, request):
        state, token = self._open(request)
        try:
            return self._close(state, await self.get_response(request))
        finally:
            _request.reset(token)

    def _open(self, request):
        state = Request(pinned=request.method not in SAFE_METHODS or PIN_COOKIE in request.COOKIES)
        return state, _request.set(state)

    def _close(self, state, response):
        """Who wrote reads from the primary until the replicas have it."""
        if state.wrote:
            response.set_cookie(PIN_COOKIE, "1", max_age=PIN_SECONDS, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
        return response

    def process_view(self, request, view_func, view_args, view_kwargs):
${
  hasAdmin
    ? `        if "admin" in request.resolver_match.app_names:
            pin()  # A form of the admin is saved by what it showed.
        return None`
    : "        return None"
}

    def process_exception(self, request, exception):
        """A replica that goes away in the middle of a page: the view runs once more, on the primary."""
        state = _request.get()
        if state is None or state.replica is None or state.retried or state.wrote or not isinstance(exception, OperationalError):
            return None
        match = request.resolver_match
        if request.method not in SAFE_METHODS or match is None or iscoroutinefunction(match.func):
            return None
        health.mark_down(state.replica, "went away")
        connections[state.replica].close()
        state.pinned = state.retried = True
        response = match.func(request, *match.args, **match.kwargs)
        if hasattr(response, "render") and callable(response.render):
            response = response.render()
        return response
`;
}

function databasesText({ module, primary, replicas, hosts, isAtomicRequests }: RouterFacts): string {
  const entries = hosts
    .map(
      ({ alias, host, port, isPlaceholder }) => `DATABASES[${quoted(alias)}] = {
    **DATABASES[${quoted(primary)}],
    "HOST": ${quoted(host)},${isPlaceholder ? "  # a placeholder: the host of the standby, or of HAProxy before several" : ""}
    "PORT": ${quoted(port)},
    "ATOMIC_REQUESTS": False,  # a transaction round each view would be opened on the replica too
    "TEST": {"MIRROR": ${quoted(primary)}},  # tests have one database: the replica is the same one
}
DATABASES[${quoted(alias)}]["OPTIONS"] = {
    **DATABASES[${quoted(primary)}].get("OPTIONS", {}),
    "connect_timeout": 2,  # a replica that is gone must not hold a page up
}`,
    )
    .join("\n");
  const atomic = isAtomicRequests
    ? `
# ATOMIC_REQUESTS is on for ${quoted(primary)}: a view stays there whole until it has @transaction.non_atomic_requests.`
    : "";
  return `"""Goes below DATABASES in the settings."""
${entries}
${atomic}
DATABASE_ROUTERS = [${quoted(`${module}.ReplicaRouter`)}]
# False sends every query to ${quoted(primary)} again; nothing else has to change.
REPLICA_READS = True
MIDDLEWARE = [${quoted(`${module}.ReplicaMiddleware`)}, *MIDDLEWARE]
# ${replicas.join(", ")}: a role that can only read would show each query that is misrouted, as error 25006. A standby refuses writes by itself.
`;
}

function testText({ module, replicas, alwaysPrimary, movable }: RouterFacts): string {
  const model = movable ?? "contenttypes.ContentType";
  const kept = alwaysPrimary[0]?.label ?? "sessions.session";
  const replica = replicas[0] ?? "replica";
  return `"""What the router promises. Runs with the project's own tests; no replica is asked."""

from unittest import mock

from django.apps import apps
from django.db import connections, transaction
from django.http import HttpResponse
from django.test import RequestFactory, SimpleTestCase, TransactionTestCase, override_settings

from ${module} import PIN_COOKIE, PRIMARY, REPLICAS, ReplicaMiddleware, ReplicaRouter, health

MOVABLE = ${quoted(model)}
KEPT = ${quoted(kept)}


def during(request, work):
    """What \`work\` gives within a request, and the response."""
    given = []

    def view(_request):
        given.append(work())
        return HttpResponse("")

    with mock.patch.object(health, "is_usable", return_value=True):
        response = ReplicaMiddleware(view)(request)
    return given[0], response


def read(label=MOVABLE):
    return ReplicaRouter().db_for_read(apps.get_model(label))


class RoutesOfReads(SimpleTestCase):
    def setUp(self):
        self.get = RequestFactory().get("/")

    def test_a_page_reads_from_a_replica(self):
        self.assertIn(during(self.get, read)[0], REPLICAS)

    def test_a_form_that_is_sent_reads_from_the_primary(self):
        self.assertEqual(during(RequestFactory().post("/"), read)[0], PRIMARY)

    def test_outside_of_requests_the_primary_is_read(self):
        self.assertEqual(read(), PRIMARY)

    def test_some_models_are_read_from_the_primary_always(self):
        if apps.is_installed("django.contrib.sessions") or KEPT != "sessions.session":
            self.assertEqual(during(self.get, lambda: read(KEPT))[0], PRIMARY)

    def test_after_a_write_the_primary_is_read(self):
        def write_and_read():
            ReplicaRouter().db_for_write(apps.get_model(MOVABLE))
            return read()

        self.assertEqual(during(self.get, write_and_read)[0], PRIMARY)

    def test_whoever_wrote_a_moment_ago_reads_from_the_primary(self):
        self.get.COOKIES[PIN_COOKIE] = "1"
        self.assertEqual(during(self.get, read)[0], PRIMARY)

    def test_a_row_of_a_replica_is_written_to_the_primary(self):
        row = apps.get_model(MOVABLE)()
        row._state.db = REPLICAS[0]
        self.assertEqual(ReplicaRouter().db_for_write(type(row), instance=row), PRIMARY)

    def test_rows_of_both_belong_together(self):
        one, other = apps.get_model(MOVABLE)(), apps.get_model(MOVABLE)()
        one._state.db, other._state.db = PRIMARY, REPLICAS[0]
        self.assertTrue(ReplicaRouter().allow_relation(one, other))

    def test_replicas_are_not_migrated(self):
        self.assertIs(ReplicaRouter().allow_migrate(REPLICAS[0], "any"), False)
        self.assertIsNone(ReplicaRouter().allow_migrate(PRIMARY, "any"))

    @override_settings(REPLICA_READS=False)
    def test_the_switch_sends_everything_to_the_primary(self):
        self.assertEqual(during(self.get, read)[0], PRIMARY)

    def test_without_a_usable_replica_the_primary_is_read(self):
        given = []
        with mock.patch.object(health, "is_usable", return_value=False):
            ReplicaMiddleware(lambda _request: given.append(read()) or HttpResponse(""))(self.get)
        self.assertEqual(given, [PRIMARY])


class RoutesInTransactions(TransactionTestCase):
    databases = {PRIMARY, ${quoted(replica)}}

    def test_a_transaction_is_read_where_it_writes(self):
        def read_inside():
            with transaction.atomic(using=PRIMARY):
                return read()

        self.assertEqual(during(RequestFactory().get("/"), read_inside)[0], PRIMARY)

    def test_sql_that_the_code_writes_itself_counts_as_a_write(self):
        def write_and_read():
            with connections[PRIMARY].cursor() as cursor:
                cursor.execute("CREATE TEMPORARY TABLE routing_note (id int)")
                cursor.execute("DROP TABLE routing_note")
            return read()

        alias, response = during(RequestFactory().get("/"), write_and_read)
        self.assertEqual(alias, PRIMARY)
        self.assertIn(PIN_COOKIE, response.cookies)
`;
}
