/** A snapshot with its look-ups and its join with the source, as rules see it. */
import type {
  Catalog,
  Column,
  Constraint,
  Counters,
  CounterAge,
  Database,
  Declaration,
  Index,
  IndexCounters,
  Model,
  Field,
  Plan,
  RuleInput,
  Server,
  Snapshot,
  Span,
  Statement,
  Table,
  TableCounters,
  Workload,
} from "../model/index.ts";
import { groupBy } from "../model/group-by.ts";
import { settingNumber } from "../postgres/setting-number.ts";

/** What is known of the application beside the snapshot. */
export interface DatabaseSources {
  readonly snapshot: Snapshot;
  /** Path of the snapshot's file relative to the project's root. */
  readonly file: string;
  readonly source: RuleInput | null;
  readonly workload: Workload;
}

/** How the source declares what the catalog holds. */
export interface SourceJoin {
  modelOf(table: Table): Model | null;
  tableOf(model: Model): Table | null;
  fieldOf(table: Table, column: string): Field | null;
  declarationOf(index: Index): Declaration | null;
  declarationOfColumn(table: Table, column: string): Declaration | null;
  declarationOfTable(table: Table): Span | null;
  declarationOfConstraint(constraint: Constraint): Declaration | null;
}

export const NO_SOURCE: SourceJoin = {
  modelOf: () => null,
  tableOf: () => null,
  fieldOf: () => null,
  declarationOf: () => null,
  declarationOfColumn: () => null,
  declarationOfTable: () => null,
  declarationOfConstraint: () => null,
};

export function buildDatabase({ snapshot, file, source, workload }: DatabaseSources, join: SourceJoin): Database {
  const { catalog, servers } = snapshot;
  const [server] = servers;
  if (server === undefined) throw new Error("a snapshot without a server");
  const seen = seenTables(snapshot);
  const lookups = catalogLookups({ ...catalog, tables: seen });
  const statements = statementsByTable(workload, lookups);
  return {
    snapshot,
    catalog,
    server,
    workload,
    file,
    source,
    ...lookups,
    tables: seen.filter((one) => one.kind === "table" || one.kind === "partitioned" || one.kind === "foreign"),
    tableCounters: (table) => sumTable(servers, table.oid),
    indexCounters: (index) => sumIndex(servers, index.oid),
    age: youngest(servers),
    setting: (name) => server.settings.find((one) => one.name === name)?.value ?? null,
    settingNumber: (name) => settingNumber(server.settings.find((one) => one.name === name)),
    statementsOn: (table) => statements.get(table.oid) ?? [],
    ...join,
  };
}

/** A table that was locked came without its indexes and sizes: nothing can be said of it, least of all what it lacks. */
function seenTables({ catalog, gaps }: Snapshot): readonly Table[] {
  if (!gaps.some(({ part }) => part === "locked relations")) return catalog.tables;
  return catalog.tables.filter(({ kind, bytes }) => bytes !== null || kind === "partitioned" || kind === "foreign");
}

type Lookups = Pick<Database, "table" | "tableNamed" | "column" | "indexesOf" | "constraintsOf" | "referencesTo">;

function catalogLookups(catalog: Catalog): Lookups {
  const tables = new Map(catalog.tables.map((one) => [one.oid, one]));
  const names = new Map<string, Table>(catalog.tables.flatMap((one) => [[`${one.schema}.${one.name}`, one] as const]));
  for (const one of catalog.tables) if (one.schema === "public" || !names.has(one.name)) names.set(one.name, one);
  const indexes = groupBy(catalog.indexes, (one) => one.table);
  const constraints = groupBy(catalog.constraints, (one) => one.table);
  const references = groupBy(catalog.constraints, (one) => one.references?.table ?? -1);
  return {
    table: (oid) => tables.get(oid) ?? null,
    tableNamed: (name) => names.get(name) ?? null,
    column: (table: Table, name: string): Column | null => table.columns.find((one) => one.name === name) ?? null,
    indexesOf: (table: Table): readonly Index[] => indexes.get(table.oid) ?? [],
    constraintsOf: (table: Table): readonly Constraint[] => constraints.get(table.oid) ?? [],
    referencesTo: (table: Table): readonly Constraint[] => references.get(table.oid) ?? [],
  };
}

/** Scans of all servers; everything else is what the first one says. */
function sumTable(servers: readonly Server[], oid: number): TableCounters | null {
  const all = servers.flatMap(({ counters }) => counters.tables[oid] ?? []);
  const [first] = all;
  if (first === undefined) return null;
  return {
    ...first,
    seqScans: sum(all, (one) => one.seqScans),
    seqRows: sum(all, (one) => one.seqRows),
    indexScans: sumKnown(all, (one) => one.indexScans),
    indexRows: sumKnown(all, (one) => one.indexRows),
    lastSeqScan: latest(all, (one) => one.lastSeqScan),
    lastIndexScan: latest(all, (one) => one.lastIndexScan),
  };
}

function sumIndex(servers: readonly Server[], oid: number): IndexCounters | null {
  const all = servers.flatMap(({ counters }) => counters.indexes[oid] ?? []);
  if (all.length === 0) return null;
  return {
    scans: sum(all, (one) => one.scans),
    rowsRead: sum(all, (one) => one.rowsRead),
    rowsFetched: sum(all, (one) => one.rowsFetched),
    blocksRead: sumKnown(all, (one) => one.blocksRead),
    blocksHit: sumKnown(all, (one) => one.blocksHit),
    lastScan: latest(all, (one) => one.lastScan),
  };
}

function sum<Row>(rows: readonly Row[], figure: (row: Row) => number): number {
  return rows.reduce((total, row) => total + figure(row), 0);
}

function sumKnown<Row>(rows: readonly Row[], figure: (row: Row) => number | null): number | null {
  const known = rows.flatMap((row) => figure(row) ?? []);
  return known.length === 0 ? null : known.reduce((total, one) => total + one, 0);
}

function latest<Row>(rows: readonly Row[], time: (row: Row) => string | null): string | null {
  return (
    rows
      .flatMap((row) => time(row) ?? [])
      .toSorted()
      .at(-1) ?? null
  );
}

const DAY = 86_400_000;

/** A verdict rests on the server that has been counting for the shortest time. */
function youngest(servers: readonly Server[]): CounterAge {
  const ages = servers.map(({ counters }) => ageOf(counters));
  if (ages.some(({ days }) => days === null)) return { since: null, days: null };
  return ages.toSorted((a, b) => (a.days ?? 0) - (b.days ?? 0))[0] ?? { since: null, days: null };
}

function ageOf({ at, since }: Counters): CounterAge {
  return { since, days: since === null ? null : (Date.parse(at) - Date.parse(since)) / DAY };
}

function statementsByTable(workload: Workload, { tableNamed }: Lookups): ReadonlyMap<number, readonly Statement[]> {
  const found = new Map<number, Statement[]>();
  for (const statement of workload.statements) {
    const tables = new Set((statement.shape === null ? [] : tablesOf(statement.shape)).flatMap((name) => tableNamed(name)?.oid ?? []));
    for (const oid of tables) found.set(oid, [...(found.get(oid) ?? []), statement]);
  }
  return found;
}

/** Names of all tables of a shape, subqueries included. */
function tablesOf(shape: NonNullable<Statement["shape"]>): string[] {
  const own = [shape.base, ...shape.joins.map((one) => one.table)].flatMap((one) =>
    one === null ? [] : [one.schema === null ? one.name : `${one.schema}.${one.name}`],
  );
  return [...own, ...shape.subqueries.flatMap((one) => tablesOf(one.shape))];
}

export const NO_WORKLOAD: Workload = { statements: [], totalMs: 0, days: null, plans: [] as readonly Plan[] };
