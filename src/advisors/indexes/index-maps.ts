/** For each table that an index is added to: which columns its statements look into, and which index leads there. */
import { distinctBy } from "../../model/group-by.ts";
import type { Database, Index, IndexStudy, StudiedIndex, Table } from "../../model/index.ts";
import type { Plot } from "../../model/plot.ts";
import { formatCount } from "../../model/numbers.ts";
import { describeShape } from "../../sql/describe-shape.ts";
import { readingsIn } from "./resolve-columns.ts";
import { usesIn } from "./table-use.ts";
import { suffering } from "./verdict.ts";

type IndexMap = Extract<Plot, { kind: "index-map" }>;

const MOST_MAPS = 4;
const MOST_STATEMENTS = 8;

export function indexMapsOf(study: IndexStudy, database: Database): Plot[] {
  const tables = [...new Set(study.added.map(({ table }) => table))].slice(0, MOST_MAPS);
  return tables.map((table) => mapOf(table, study, database));
}

function mapOf(table: Table, study: IndexStudy, database: Database): IndexMap {
  const added = study.added.filter((one) => one.table === table);
  const statements = study.statements.filter(({ uses }) => added.some(({ name }) => uses.includes(name))).slice(0, MOST_STATEMENTS);
  const rows = statements.flatMap(({ statement }) => marksOf(statement, table, database));
  const indexes = [...database.indexesOf(table).map((index) => existing(index, study, database)), ...added.map((one) => addition(one))];
  const used = new Set([
    ...rows.flatMap(({ marks }) => marks.map(({ column }) => column)),
    ...indexes.flatMap(({ positions }) => positions.map(({ column }) => column)),
  ]);
  return {
    kind: "index-map",
    question: `${table.name}: which indexes do its statements want?`,
    answer: `${formatCount(added.length, "new index", "new indexes")} for ${formatCount(statements.length, "statement")}.`,
    source: `planned by PostgreSQL ${study.version} on a copy without rows`,
    table: table.name,
    columns: table.columns.map(({ name }) => name).filter((name) => used.has(name)),
    statements: rows,
    indexes,
  };
}

function marksOf(id: string, table: Table, database: Database): IndexMap["statements"] {
  const statement = database.workload.statements.find((one) => one.id === id);
  if (statement?.shape == null) return [];
  const uses = readingsIn(statement.shape, (name) => database.tableNamed(name))
    .flatMap((reading) => usesIn(reading))
    .filter((one) => one.table === table);
  const marks = uses.flatMap(({ equal, joined, ranges, order }) => [
    ...[...equal, ...joined].map((column) => ({ column, mark: "=" as const })),
    ...ranges.map((column) => ({ column, mark: "<" as const })),
    ...order.map(({ column }) => ({ column, mark: "↓" as const })),
  ]);
  const once = distinctBy(marks, (one) => `${one.column} ${one.mark}`);
  return [{ id, label: describeShape(statement.shape).slice(0, 80), share: statement.share, marks: once }];
}

function existing(index: Index, study: IndexStudy, database: Database): IndexMap["indexes"][number] {
  const proof = study.removals.find((one) => one.index.oid === index.oid);
  const needed = proof === undefined ? 0 : suffering(proof).length;
  const verdict = proof === undefined || needed > 0 ? "keep" : "unjudged";
  const why =
    proof === undefined
      ? "a constraint needs it"
      : needed > 0
        ? `${formatCount(needed, "statement")} would cost more without it`
        : "no planned statement needs it";
  return {
    name: index.name,
    positions: [
      ...index.keys.flatMap(({ column }, position) => (column === null ? [] : [{ column, position: position + 1 }])),
      ...index.include.map((column) => ({ column, position: "include" as const })),
    ],
    verdict,
    bytes: index.bytes,
    scans: database.indexCounters(index)?.scans ?? null,
    why,
  };
}

/** One that the search has chosen. */
export function addition({ name, spec, bytes, isGuess, serves }: StudiedIndex): IndexMap["indexes"][number] {
  return {
    name,
    positions: [
      ...spec.keys.map(({ column }, position) => ({ column, position: position + 1 })),
      ...(spec.include ?? []).map((column) => ({ column, position: "include" as const })),
    ],
    verdict: "add",
    bytes: isGuess ? null : bytes,
    scans: null,
    why: `${formatCount(serves.length, "statement")} would use it`,
  };
}
