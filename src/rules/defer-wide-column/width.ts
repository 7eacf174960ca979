/** What the statistics say of the columns: short ones are not worth leaving out, and the size of long ones is told. */
import { formatBytes, formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, DatabaseInput, FindingDraft, Judgement, Model, Table, Unjudged } from "../../model/index.ts";
import { catalogEvidence } from "../database/evidence.ts";
import { shortName, tableSpot } from "../database/names.ts";
import { LEAST_LARGEST, largestRows, rowsOf, TINY_ROWS } from "../database/table-size.ts";
import type { Unread } from "./rule.ts";

/** Bytes a row, below which leaving the columns out is not worth a line. Ours. */
const LEAST_BYTES = 200;
/** From here on PostgreSQL compresses a row's values and moves them out of line (TOAST_TUPLE_THRESHOLD, about 2 kB). */
const LONG_BYTES = 2_000;

export function judgeByWidth(input: DatabaseInput, all: readonly Unread[]): Judgement {
  if (input.source === null) return { drafts: [], unjudged: [{ object: "", why: "needs the source" }], examined: "" };
  const own = new Set(input.checked.map(keyOf));
  const least = input.thresholds["defer-wide-column"] ?? LEAST_BYTES;
  // A developer's rows tell nothing of production's.
  const isReal = largestRows(input.database) >= LEAST_LARGEST;
  const verdicts = all.filter(({ draft }) => own.has(keyOf(draft))).map((one) => (isReal ? judgeOne(one, least, input) : { draft: asItIs(one) }));
  const short = verdicts.filter(({ isShort }) => isShort).length;
  return {
    drafts: verdicts.flatMap(({ draft }) => draft ?? []),
    unjudged: [...new Map(verdicts.flatMap(({ unknown }) => (unknown === undefined ? [] : [[unknown.object, unknown] as const]))).values()],
    examined:
      short === 0
        ? ""
        : `${short} ${short === 1 ? "place" : "places"} of defer-wide-column left out, whose columns hold less than ${least} bytes a row, or whose tables fewer than ${formatNumber(TINY_ROWS)} rows`,
  };
}

interface Verdict {
  readonly draft?: DatabaseDraft;
  readonly unknown?: Unjudged;
  readonly isShort?: boolean;
}

const keyOf = ({ key, places: [first] }: FindingDraft): string => JSON.stringify([key, first?.span]);

const asItIs = ({ draft }: Unread): DatabaseDraft => ({
  ...draft,
  evidence: [{ kind: "inferred", note: "source only: how large the values are is not known" }],
});

function judgeOne(unread: Unread, least: number, input: DatabaseInput): Verdict {
  const { draft, model, fields } = unread;
  const { database } = input;
  const holders = fields.map((field) => tableWith(field.column ?? field.attname ?? field.name, model, input));
  const [table] = holders;
  if (table == null || holders.some((one) => one?.table !== table.table)) return { draft: asItIs(unread) };
  const rows = rowsOf(table.table, database);
  const widths = holders.map((one) => one?.width ?? null);
  if (rows === null || widths.includes(null))
    return {
      draft: asItIs(unread),
      unknown: { object: `table ${table.table.schema}.${table.table.name}`, why: "needs statistics of its columns: run ANALYZE" },
    };
  const out = (table.table.toastBytes ?? 0) / Math.max(1, rows);
  const bytes = widths.reduce<number>((sum, one) => sum + (one ?? 0), 0) + out;
  if (rows < TINY_ROWS || bytes < least) return { isShort: true };
  return { draft: withWidth(draft, { table: table.table, rows, bytes, out }, database) };
}

interface Held {
  readonly table: Table;
  /** Bytes a row in the table itself; null without statistics. */
  readonly width: number | null;
}

/** The model's own table or, of a model that inherits one, the parent's. */
function tableWith(column: string, model: Model, input: Pick<DatabaseInput, "database" | "source">): Held | null {
  const { database, source } = input;
  const table = database.tableOf(model);
  const found = table?.columns.find(({ name }) => name === column);
  if (table != null && found !== undefined) {
    const { statistics } = found;
    return { table, width: statistics === null ? null : (1 - statistics.nullFraction) * statistics.averageWidth };
  }
  for (const label of model.parents) {
    const parent = source?.graph.byLabel(label) ?? null;
    const held = parent === null ? null : tableWith(column, parent, input);
    if (held !== null) return held;
  }
  return null;
}

interface Width {
  readonly table: Table;
  readonly rows: number;
  readonly bytes: number;
  /** Of them in TOAST. */
  readonly out: number;
}

function withWidth(draft: FindingDraft, { table, rows, bytes, out }: Width, database: Database): DatabaseDraft {
  const size = formatBytes(Math.round(bytes));
  return {
    ...draft,
    ...(bytes >= LONG_BYTES ? { confidence: "likely" as const } : {}),
    reason: `${draft.reason} They hold ${size} a row of \`${shortName(table)}\`${out >= 1 ? `, ${formatBytes(Math.round(out))} of it out of line` : ""}.`,
    doubt: out >= 1 ? "what is out of line is counted for all columns of the table" : "signals and code outside the project may read them",
    places: [tableSpot(table, `${formatNumber(Math.round(rows))} rows`), ...draft.places],
    evidence: [catalogEvidence(database, { bytesPerRow: Math.round(bytes), rows: Math.round(rows) })],
  };
}
