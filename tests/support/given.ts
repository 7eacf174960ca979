/** `-- given:` lines of a fixture: figures that no script can bring about in a second, such as the age of counters. */
import type { Snapshot, StatementCounters } from "../../src/model/index.ts";

/** A mature server: verdicts about counters are then the rule's own. */
const DAYS = 40;
const DAY = 86_400_000;

type Json = { [name: string]: unknown };

/**
 * A copy of the snapshot with every given figure in place.
 *
 *     -- given: age = 2                                              days since the counters' reset, on every server
 *     -- given: version = 180000
 *     -- given: redacted = true                                      the snapshot says so; its values stay
 *     -- given: setting work_mem = "4096"
 *     -- given: snapshot data = "redacted"
 *     -- given: database xidAge = 1500000000
 *     -- given: table orders bytes = 2000000000                      a figure of the catalog
 *     -- given: table orders counters.deadRows = 500000              of the first server; days ago as {"ago": 3}
 *     -- given: table orders later.inserted = 7000                   of a second look at the first server, two hours later
 *     -- given: column orders.status statistics.nullFraction = 0.97
 *     -- given: index orders_status_idx bytes = 90000000
 *     -- given: index orders_status_idx counters.scans = 0
 *     -- given: sequence orders_id_seq lastValue = "2000000000"
 *     -- given: server activity = [...]                              any part of the first server; {"ago": 0.001} within it is a time, in days
 *     -- given: without sessions = true                              a part that older snapshots lack
 *     -- given: counters database.sessions = 7000                    of the first server's first look
 *     -- given: later database.sessions = 9000                       of its second look, two hours later
 *     -- given: replica index orders_status_idx counters.scans = 5   a second server, a copy of the first but for its role and counters
 *     -- given: statement {"sql": "SELECT …", "calls": 100, "totalMs": 5000}
 *     -- given: sample {"kind": "dependency", "table": "orders", …}
 *     -- given: phantom = 20                                         plans are compared with and without indexes, for so many seconds
 *     -- given: snapshot data = "redacted"
 *     -- given: gap {"part": "statements", "why": "…"}
 *     -- given: threshold unused-index.bytes = 8192                  a small table then stands for a large one
 *
 * `-- earlier:` says the same of a look that was taken before.
 */
export function withGiven(snapshot: Snapshot, sql: string): Snapshot {
  const copy = structuredClone(snapshot) as unknown as Json & { servers: Json[]; catalog: Json; gaps: unknown[]; samples: unknown[] };
  for (const server of copy.servers) restoreNaptime(server);
  setAge(copy, DAYS);
  for (const [, line = ""] of sql.matchAll(/^-- given: (.+)$/gm)) apply(copy, line);
  return copy as unknown as Snapshot;
}

/** Plans of a fixture's few rows take no time that a rule would speak of. */
const PLANS_OF_ANY_TIME = { "plan.ms": 0 };

/** Given thresholds, and those that every fixture has. */
export function thresholdsIn(sql: string): Readonly<Record<string, number>> {
  const given = Object.fromEntries(
    [...sql.matchAll(/^-- given: threshold (\S+) = (\S+)$/gm)].map(([, name = "", value = ""]) => [name, Number(value)] as const),
  );
  return { ...PLANS_OF_ANY_TIME, ...given };
}

/** A copy of the snapshot as it was before; null where the fixture tells of none. */
export function earlierOf(snapshot: Snapshot, sql: string): Snapshot | null {
  const lines = [...sql.matchAll(/^-- earlier: (.+)$/gm)].map(([, line = ""]) => `-- given: ${line}`);
  return lines.length === 0 ? null : withGiven(snapshot, lines.join("\n"));
}

type Copy = Json & { servers: Json[]; catalog: Json; gaps: unknown[]; samples: unknown[] };

function apply(copy: Copy, line: string): void {
  const [, word = "", rest = ""] = /^(\w+)\s*(.*)$/s.exec(line) ?? [];
  if (word === "threshold" || word === "phantom") return;
  if (word === "statement") return addStatement(copy, JSON.parse(rest) as Partial<StatementCounters>);
  if (word === "sample") return void copy.samples.push(withTables(copy, JSON.parse(rest) as Json));
  if (word === "gap") return void copy.gaps.push({ server: "", cost: "", remedy: "", ...(JSON.parse(rest) as Json) });
  const replica = word === "replica";
  const [, name = "", json = ""] = /^([^=]*)=(.*)$/s.exec(replica ? rest : line) ?? [];
  const words = name.trim().split(/\s+/);
  const value = moment(JSON.parse(json) as unknown);
  if (words[0] === "age") return setAge(copy, Number(value));
  if (words[0] === "without") return void delete first(copy)[words[1] ?? ""];
  if (words[0] === "redacted") return void (copy["data"] = "redacted");
  if (words[0] === "snapshot") return assign(copy, words[1] ?? "", value);
  const server = replica ? replicaOf(copy) : first(copy);
  if (words[0] === "version") server["versionNumber"] = value;
  else if (words[0] === "setting") setting(server, words[1] ?? "", String(value));
  else if (words[0] === "database") assign(copy.catalog, `database.${words[1]}`, value);
  else if (words[0] === "snapshot") assign(copy, words[1] ?? "", value);
  else if (words[0] === "server") assign(server, words[1] ?? "", value);
  else if (words[0] === "counters") assign(server["counters"] as Json, words[1] ?? "", value);
  else if (words[0] === "later") assign(laterOf(server), words[1] ?? "", value);
  else ofObject(copy, server, words, value);
}

/** `{"ago": 3}` is a time three days before the snapshot's tests run. */
function moment(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moment);
  if (typeof value !== "object" || value === null) return value;
  if ("ago" in value) return new Date(Date.now() - Number(value.ago) * DAY).toISOString();
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, moment(inner)]));
}

function ofObject(copy: Copy, server: Json, [kind = "", name = "", where = ""]: readonly string[], value: unknown): void {
  const target = kind === "column" ? column(copy, name) : find(copy, kind, name);
  const oid = String(target["oid"]);
  if (where.startsWith("later.")) return assign(laterOf(server), `tables.${oid}.${where.slice("later.".length)}`, value);
  if (!where.startsWith("counters.")) return assign(target, where, value);
  assign(server, `counters.${kind === "table" ? "tables" : "indexes"}.${oid}.${where.slice("counters.".length)}`, value);
}

const LOOKS_APART = 2 * 3_600_000;

/** A second look, two hours after the first; the same but for what is given. */
function laterOf(server: Json): Json {
  const counters = server["counters"] as Json;
  server["later"] ??= { ...structuredClone(counters), at: new Date(Date.parse(String(counters["at"])) + LOOKS_APART).toISOString() };
  return server["later"] as Json;
}

const LISTS: Readonly<Record<string, string>> = { table: "tables", index: "indexes", sequence: "sequences", constraint: "constraints" };

function find(copy: Copy, kind: string, name: string): Json {
  const list = copy.catalog[LISTS[kind] ?? ""];
  const found = Array.isArray(list)
    ? (list as Json[]).find((one) => one["name"] === name || `${String(one["schema"])}.${String(one["name"])}` === name)
    : undefined;
  if (found === undefined) throw new Error(`there is no ${kind} ${name} in this fixture's database`);
  return found;
}

function column(copy: Copy, name: string): Json {
  const at = name.lastIndexOf(".");
  const columns = find(copy, "table", name.slice(0, at))["columns"] as Json[];
  const found = columns.find((one) => one["name"] === name.slice(at + 1));
  if (found === undefined) throw new Error(`there is no column ${name} in this fixture's database`);
  return found;
}

function assign(target: Json, where: string, value: unknown): void {
  const names = where.split(".");
  const last = names.pop() ?? "";
  let inner = target;
  for (const name of names) {
    inner[name] ??= {};
    inner = inner[name] as Json;
  }
  inner[last] = value;
}

function first(copy: Copy): Json {
  const [server] = copy.servers;
  if (server === undefined) throw new Error("a snapshot without a server");
  return server;
}

function replicaOf(copy: Copy): Json {
  const [, known] = copy.servers;
  if (known !== undefined) return known;
  const replica = structuredClone(first(copy));
  replica["role"] = "replica";
  replica["address"] = "replica:5432";
  const counters = replica["counters"] as Json;
  for (const index of Object.values(counters["indexes"] as Json)) (index as Json)["scans"] = 0;
  copy.servers.push(replica);
  return replica;
}

function setAge(copy: Copy, days: number): void {
  for (const server of copy.servers) {
    const counters = server["counters"] as Json;
    const since = new Date(Date.parse(String(counters["at"])) - days * DAY).toISOString();
    Object.assign(counters, { since, statementsSince: since });
    server["startedAt"] = since;
  }
}

function setting(server: Json, name: string, value: string): void {
  const settings = server["settings"] as Json[];
  const found = settings.find((one) => one["name"] === name);
  if (found === undefined) settings.push({ name, value, unit: null, source: "default", context: "user", bootValue: null, category: "", pendingRestart: false });
  else Object.assign(found, { value, source: "configuration file" });
}

/** Fixtures' server keeps autovacuum away for a day; the default is a minute. */
function restoreNaptime(server: Json): void {
  const settings = server["settings"] as Json[];
  const found = settings.find((one) => one["name"] === "autovacuum_naptime");
  if (found !== undefined) Object.assign(found, { value: found["bootValue"], source: "default" });
}

function addStatement(copy: Copy, { sql = "", calls = 1, totalMs = 1, ...rest }: Partial<StatementCounters>): void {
  const server = first(copy);
  // The fixtures' server counts none; with one given, they are taken to be counted.
  copy.gaps = copy.gaps.filter((gap) => (gap as Json)["part"] !== "statements");
  const statements = server["statements"] as Json[];
  const meanMs = totalMs / Math.max(1, calls);
  const plain = {
    topLevel: true,
    minMs: meanMs,
    maxMs: meanMs,
    deviationMs: 0,
    rows: calls,
    sharedHit: 0,
    sharedRead: 0,
    sharedDirtied: 0,
    sharedWritten: 0,
    tempRead: 0,
    tempWritten: 0,
  };
  const unknown = {
    readMs: null,
    writeMs: null,
    plans: null,
    planMs: null,
    walBytes: null,
    jitMs: null,
    workersPlanned: null,
    workersLaunched: null,
    since: null,
  };
  statements.push({ id: String(1000 + statements.length), sql, calls, totalMs, meanMs, ...plain, ...unknown, ...rest });
}

/** Samples name tables; the snapshot has their oids. */
function withTables(copy: Copy, sample: Json): Json {
  const oid = (value: unknown): unknown => (typeof value === "string" ? find(copy, "table", value)["oid"] : value);
  return { ...sample, table: oid(sample["table"]), ...(sample["parent"] === undefined ? {} : { parent: oid(sample["parent"]) }) };
}
