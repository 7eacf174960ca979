import type { Advice } from "../../src/model/advice.ts";
import type { Plot } from "../../src/model/plot.ts";

const CURVE: Plot = {
  kind: "ttl",
  question: "How long should the shelf of a category be cached?",
  answer: "10 min: 94 % of 2,310 calls are hits and 4 % of those are out of date.",
  source: "2,310 recorded calls and 12 writes, replayed",
  label: "shelf",
  seconds: [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600],
  hits: [0.05, 0.2, 0.34, 0.6, 0.74, 0.83, 0.91, 0.94, 0.97, 0.98],
  stale: [0, 0, 0, 0.01, 0.01, 0.02, 0.03, 0.04, 0.12, 0.24],
  breakEven: 0.12,
  chosen: 600,
};

/** Advice with everything that an advisor can give. */
export const SAMPLE_ADVICE: readonly Advice[] = [
  {
    advisor: "connections",
    section: "4.1",
    claim: "Django 5.2 with psycopg 3.2 pools by itself: 3 connections a process cap bookshop at 132 of 200.",
    reasons: [
      "`gunicorn.conf.py` starts 5 processes of 6 threads on each of 6 hosts. At the recorded peak 96 of 222 connections were in use, 2.1 a process.",
      "PgBouncer 1.18 in front would cap them at 60, and `DISABLE_SERVER_SIDE_CURSORS` must then be set: `catalog/export.py:44` iterates on the server.",
    ],
    tables: [
      {
        title: "Who asks for how many",
        head: ["process model", "hosts", "processes", "threads", "today", "with a pool of 3"],
        numeric: [1, 2, 3, 4, 5],
        rows: [
          ["web, gunicorn gthread", "6", "5", "6", "180", "90"],
          ["worker, celery prefork", "2", "16", "1", "32", "32"],
          ["cron, shop/management/commands/import_publisher_catalogue.py", "1", "4", "1", "4", "4"],
        ],
        source: "`gunicorn.conf.py`, `compose.yaml`",
      },
    ],
    plots: [],
    artefacts: [
      {
        path: "settings/databases.py",
        language: "python",
        text: 'DATABASES = {\n    "default": {\n        "ENGINE": "django.db.backends.postgresql",\n        "OPTIONS": {\n            "pool": {"min_size": 1, "max_size": 3, "timeout": 5},\n        },\n    },\n}\n',
        purpose: "The `DATABASES` block with a pool of 3 a process; it replaces `bookshop/settings/prod.py:88`.",
        check: "`manage.py check --deploy` passes with it",
        version: "Django 5.2, psycopg 3.2",
      },
      {
        path: "pgbouncer.ini",
        language: "ini",
        text: "[databases]\nbookshop = host=db port=5432 dbname=bookshop\n\n[pgbouncer]\npool_mode = transaction\ndefault_pool_size = 20\nmax_client_conn = 400\nserver_idle_timeout = 60\n",
        purpose: "A pooler for 6 hosts; it listens on 6432.",
        check: "pgbouncer 1.18 starts with it",
        version: "PgBouncer 1.18",
      },
    ],
    examples: [
      {
        title: "Threads that hold a connection while they wait for mail",
        file: "shop/mail.py",
        line: 41,
        before: "with transaction.atomic():\n    order.save()\n    send_mail(order)\n",
        after: "with transaction.atomic():\n    order.save()\n    transaction.on_commit(partial(send_mail, order))\n",
        language: "python",
        note: "holds a connection 1.2 s less in 55 requests a minute (recording)",
      },
    ],
    rung: "recorded",
    examined: "3 settings files, `gunicorn.conf.py`, `compose.yaml` and 12,480 requests",
    missing: "How long requests wait for a connection is not known: luthier tune --pooler $PGBOUNCER_URL",
    doubt: "an autoscaler that starts more hosts is not in `compose.yaml`",
  },
  {
    advisor: "cache",
    section: "6.1",
    claim: "Cached for 10 min, 94 % of the calls of the category shelf are hits, and 4 % of those are out of date.",
    reasons: ["It pays from 12 % of hits on: a hit costs 0.4 ms in Redis, a miss 3.1 ms (measured in 20 runs)."],
    tables: [],
    plots: [CURVE],
    artefacts: [],
    examples: [],
    rung: "measured",
    examined: "5 candidates of 1,204 statements",
    missing: "",
    doubt: "the replay is of 41 minutes of one host",
  },
];
