/** Which reads may leave the primary, by where the source sends them. */
import { expect, test } from "vitest";
import { readSource } from "../src/analyse.ts";
import { advisor } from "../src/advisors/scaling/advisor.ts";
import { haproxyFiles } from "../src/advisors/scaling/haproxy.ts";
import { NO_DEPLOYMENT } from "../src/deployment/no-deployment.ts";
import type { Advice, RuleInput, Statement } from "../src/model/index.ts";
import { judgeReads } from "../src/rules/scaling/movable-reads.ts";
import { addUp } from "../src/sources/postgres/sample-waits.ts";
import { openSqlParser } from "../src/sql/open-parser.ts";
import { boundOf } from "../src/advisors/scaling/bound.ts";
import { SHOP_FILES } from "./support/shop-project.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const VIEWS = `from django.db import transaction
from shop.models import Customer, Order, Product


def listing(request):
    return list(Order.objects.filter(status="plain"))


def helper():
    return list(Order.objects.filter(status="helper"))


@transaction.atomic
def placing(request):
    return helper()


def blocked(request):
    with transaction.atomic():
        return list(Order.objects.filter(status="block"))


def form(request):
    customer = Customer.objects.filter(name="form").first()
    Order.objects.create(customer=customer, status="new", placed_at=request.POST["at"])
    return customer


def same(request):
    Order.objects.create(customer_id=1, status="new", placed_at=request.POST["at"])
    return list(Order.objects.filter(status="same"))


@transaction.non_atomic_requests
def exempt(request):
    return list(Product.objects.filter(title="exempt"))
`;

const TASKS = `from shop.models import Order


def nightly():
    return list(Order.objects.filter(status="task"))
`;

async function project(): Promise<RuleInput> {
  const root = temporaryFolder({ ...SHOP_FILES, "shop/views.py": VIEWS, "shop/tasks.py": TASKS });
  return await readSource({ root, exclude: [], jobs: 1, cache: false, settings: [], sourceRoots: [], conventions: [], thresholds: {} });
}

/** One statement for each line that runs a queryset, named by the word that it filters by. */
async function statementsOf(source: RuleInput): Promise<ReadonlyMap<string, Statement>> {
  const parser = await openSqlParser();
  const found = new Map<string, Statement>();
  for (const { span, origin, symbol, model, how } of source.facts.runs) {
    const line = source.text(origin.span.file).slice(origin.span.start, origin.span.end);
    const word = /="(\w+)"/.exec(line)?.[1];
    const table = model === "shop.Order" ? "shop_order" : model === "shop.Customer" ? "shop_customer" : "shop_product";
    if (word !== undefined)
      found.set(
        word,
        statement(word, `SELECT t.id FROM ${table} t WHERE t.x = $1`, parser.shapeOf(`SELECT t.id FROM ${table} t WHERE t.x = $1`), {
          certainty: "unique",
          sites: [{ span: origin.span, symbol, model, how, sent: [span] }],
        }),
      );
  }
  return found;
}

function statement(id: string, sql: string, shape: Statement["shape"], written: Statement["written"]): Statement {
  const none = {
    deviationMs: null,
    rows: null,
    sharedHit: null,
    sharedRead: null,
    tempWritten: null,
    walBytes: null,
    plans: null,
    planMs: null,
    jitMs: null,
    workersPlanned: null,
    workersLaunched: null,
  };
  return { id, sql, shape, seenIn: ["pg_stat_statements"], calls: 10, totalMs: 10, meanMs: 1, ...none, share: 0.1, samples: [], written };
}

test("a line in a transaction, a function that writes, a task stay; a plain view moves", async () => {
  const source = await project();
  const statements = await statementsOf(source);
  const verdicts = judgeReads([...statements.values()], { database: null, source, isAtomicRequests: false });
  const said = Object.fromEntries(verdicts.map(({ statement: { id }, obstacle, strict, relaxed }) => [id, [obstacle, strict, relaxed]]));
  expect(said).toEqual({
    plain: [null, true, true],
    helper: ["in a transaction", false, false],
    block: ["in a transaction", false, false],
    form: ["after a write", false, true],
    same: ["after a write", false, false],
    task: ["outside a request", false, false],
    exempt: [null, true, true],
  });
});

test("ATOMIC_REQUESTS keeps every view that is not exempt, until it is", async () => {
  const source = await project();
  const statements = await statementsOf(source);
  const verdicts = judgeReads([...statements.values()], { database: null, source, isAtomicRequests: true });
  const said = new Map(verdicts.map((one) => [one.statement.id, one]));
  expect(said.get("plain")).toMatchObject({ obstacle: "atomic requests", strict: false, relaxed: true });
  expect(said.get("exempt")).toMatchObject({ obstacle: null, strict: true });
  expect(said.get("block")).toMatchObject({ obstacle: "in a transaction", relaxed: false });
});

test("what a statement is keeps it too, whoever sends it", async () => {
  const parser = await openSqlParser();
  const cases = [
    ['SELECT "o"."id" FROM "shop_order" "o" WHERE "o"."id" = $1 FOR UPDATE', "lock"],
    ["INSERT INTO shop_order (status) VALUES ($1)", "write"],
    ["WITH gone AS (DELETE FROM shop_order RETURNING id) SELECT count(*) FROM gone", "write"],
    ["SELECT nextval($1)", "side effect"],
    ["SELECT pg_advisory_xact_lock($1)", "side effect"],
    ["SELECT session_data FROM django_session WHERE session_key = $1", "session or user"],
    ["SELECT now()", "no line found"],
    ["VACUUM shop_order", "not the application's"],
  ] as const;
  const statements = cases.map(([sql]) => statement(sql, sql, parser.shapeOf(sql), { certainty: "unknown", sites: [] }));
  expect(judgeReads(statements, { database: null, source: null, isAtomicRequests: false }).map(({ obstacle }) => obstacle)).toEqual(
    cases.map(([, obstacle]) => obstacle),
  );
});

// ------------------------------------------------------------------------------------------------------------------ bound

const machine = { memoryBytes: null, cores: 4, memorySaid: "", coresSaid: "said with --cores" };

const sampled = (rows: readonly (readonly [string, string, number])[], samples = 60, hidden = 0): Parameters<typeof boundOf>[0] => ({
  from: "2026-11-01T10:00:00Z",
  to: "2026-11-01T10:01:00Z",
  samples,
  hidden,
  waits: rows.map(([type, event, count]) => ({ type, event, statement: null, count })),
  sessions: { mean: 10, most: 12 },
  active: { mean: 4, most: 6 },
  idleInTransaction: { mean: 0, most: 0 },
});

test.each([
  [
    "CPU",
    [
      ["CPU", "CPU", 210],
      ["IO", "DataFileRead", 20],
    ],
  ],
  [
    "I/O",
    [
      ["CPU", "CPU", 100],
      ["IO", "DataFileRead", 90],
    ],
  ],
  [
    "WAL",
    [
      ["CPU", "CPU", 60],
      ["IO", "WALSync", 50],
      ["LWLock", "WALWrite", 30],
    ],
  ],
  [
    "locks",
    [
      ["CPU", "CPU", 90],
      ["Lock", "transactionid", 60],
    ],
  ],
  [
    "connections",
    [
      ["CPU", "CPU", 90],
      ["LWLock", "ProcArray", 60],
    ],
  ],
  [
    "client",
    [
      ["CPU", "CPU", 60],
      ["Client", "ClientWrite", 60],
    ],
  ],
  ["nothing", [["CPU", "CPU", 40]]],
  ["nothing", []],
] as const)("%s bounds it", (bound, rows) => {
  expect(boundOf(sampled(rows), machine).bound).toBe(bound);
});

test("too few samples, hidden sessions and full CPUs of an unknown number carry no verdict", () => {
  const busy = [["CPU", "CPU", 210]] as const;
  expect(boundOf(sampled(busy, 10), machine).bound).toBe("unknown");
  expect(boundOf(sampled(busy, 60, 3), machine).bound).toBe("unknown");
  expect(boundOf(sampled(busy), { ...machine, cores: null }).bound).toBe("unknown");
  expect(boundOf(null, machine).bound).toBe("unknown");
});

test("samples are added up by what is waited for, idle sessions apart", () => {
  const row = (state: string, type: string, count: number): Record<string, unknown> => ({ type, event: type, statement: "7", state, is_client: true, count });
  expect(
    addUp([
      [row("active", "CPU", 2), row("idle", "Client", 5)],
      [row("active", "CPU", 1), row("idle in transaction", "Client", 1)],
    ]),
  ).toEqual({
    samples: 2,
    hidden: 0,
    waits: [{ type: "CPU", event: "CPU", statement: "7", count: 3 }],
    sessions: { mean: 4.5, most: 7 },
    active: { mean: 1.5, most: 2 },
    idleInTransaction: { mean: 0.5, most: 1 },
  });
});

// ----------------------------------------------------------------------------------------------------------------- advice

/** A figure, or a name in backticks: of this project, not of any. */
const OF_THIS_PROJECT = /\d|`/;

test("with nothing known, each section says what would bring it and nothing general", async () => {
  const advice = await advisor.advise({ source: null, database: null, deployment: NO_DEPLOYMENT, recording: null, thresholds: {}, findings: [] });
  expect(advice.map(({ section }) => section)).toEqual(["7.1", "7.2", "7.3"]);
  for (const one of advice) {
    expect([one.tables, one.artefacts, one.reasons]).toEqual([[], [], []]);
    expect(one.missing).toContain("luthier ");
  }
});

test("with source alone, the lines that read are counted and no share is made up", async () => {
  const source = await project();
  const advice: readonly Advice[] = await advisor.advise({ source, database: null, deployment: NO_DEPLOYMENT, recording: null, thresholds: {}, findings: [] });
  const replicas = advice.find(({ section }) => section === "7.3");
  expect(replicas?.claim).toMatch(/is not known: \d+ lines read the database/);
  for (const { reasons } of advice) for (const reason of reasons) expect(reason).toMatch(OF_THIS_PROJECT);
});

test("a name of a database that is no identifier stays within its bytes", () => {
  const [config] = haproxyFiles({
    servers: [{ name: "db1", host: "db1", port: "5432", isPlaceholder: false, most: 10 }],
    database: 'a"b',
    primaryPort: 1,
    replicaPort: 2,
    connectSeconds: 3,
    idleSeconds: 60,
    idleSaid: "s",
    mostLagBytes: 1,
  });
  const hex = /send-binary ([0-9a-f]+)/.exec(config?.text ?? "")?.[1] ?? "";
  const message = Buffer.from(hex, "hex");
  expect(message.readInt32BE(0)).toBe(message.length);
  expect(message.toString("latin1", 8)).toBe('user\0haproxy_check\0database\0a"b\0application_name\0haproxy\0\0');
});
