import { formatBytes, formatCount, formatNumber, formatPercent } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, DatabaseInput, Index, Judgement, Rule, Span, Spot, Table } from "../../model/index.ts";
import { catalogEvidence, counterEvidence, statementsMissing, tooYoung, workloadEvidence } from "../database/evidence.ts";
import { heapBytes, indexBytes, indexScans, judgedTables, ownIndexes, partsOf, writesOf, type Writes } from "../database/index-figures.ts";
import { updatesOf } from "../database/lookups.ts";
import { declarationSpots, indexSpot, modelLabel, shortName, tableSpot } from "../database/names.ts";
import { updatedColumns } from "../database/statement-use.ts";

/** This project's notes on PostgreSQL: more than ten indexes, or twice the table's bytes in them. */
const MOST_INDEXES = 10;
const MOST_TIMES = 2;
/** pghero: 10 MB; below, their share of the table says little, and only many updates make them worth a look. */
const LEAST_BYTES = 10_485_760;
/** Updates a day that write into every index, from which on small indexes cost too. Ours, after the figure of rails-pg-extras. */
const LEAST_PER_DAY = 10_000;
/** rails-pg-extras: HOT is judged from 10,000 updates on, and lost when fewer than one in ten are HOT. */
const LEAST_UPDATES = 10_000;
const LEAST_HOT = 0.1;
/** Ours: a column that one update in five changes decides over HOT. */
const OFTEN_UPDATED = 0.2;
const MOST_NAMED = 5;

export const rule: Rule = {
  meta: {
    id: "over-indexed-table",
    chapter: "1.2",
    summary: "A table that is written has more indexes than its writes bear",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const tables = judgedTables(input.database);
    const verdicts = tables.map((table) => judgeTable(table, input));
    return { drafts: verdicts.flatMap((one) => one.drafts), unjudged: verdicts.flatMap((one) => one.unjudged), examined: `${tables.length} tables` };
  },
};

const SILENT = { drafts: [], unjudged: [] } as const;

interface Load {
  readonly table: Table;
  readonly indexes: readonly Index[];
  readonly bytes: number;
  readonly heap: number | null;
  readonly writes: Writes;
  /** Indexes on columns that many updates change, with the share of updates. */
  readonly hot: ReadonlyMap<Index, number>;
  /** Indexes on columns that the project's code changes by `update()`, with the line. */
  readonly changed: ReadonlyMap<Index, Span>;
}

function judgeTable(table: Table, input: DatabaseInput): Pick<Judgement, "drafts" | "unjudged"> {
  const { database, thresholds } = input;
  const indexes = ownIndexes(table, database);
  const bytes = indexes.reduce((sum, index) => sum + (indexBytes(index, database) ?? 0), 0);
  const heap = heapBytes(table, database);
  const tooMany = indexes.length > (thresholds["over-indexed-table"] ?? MOST_INDEXES);
  const tooBig =
    heap !== null &&
    heap > 0 &&
    bytes >= (thresholds["over-indexed-table.bytes"] ?? LEAST_BYTES) &&
    bytes > heap * (thresholds["over-indexed-table.times"] ?? MOST_TIMES);
  const writes = writesOf(table, database);
  if (!isWorth(bytes, writes, input) || (!tooMany && !tooBig && !losesHot(writes, input))) return SILENT;
  const object = `table ${table.schema}.${table.name}`;
  if (writes === null) return { drafts: [], unjudged: [{ object, why: "needs the counters of its writes" }] };
  const hot = hotIndexes(table, indexes, writes, database);
  const load = { table, indexes, bytes, heap, writes, hot, changed: changedIndexes(table, indexes, input) };
  if (tooMany || tooBig) return judgeMany(load, object, input);
  const why = tooYoung(database, undefined, object) ?? (hot.size === 0 ? statementsMissing(database, undefined, object) : null);
  if (why !== null) return { drafts: [], unjudged: [why] };
  return hot.size === 0 ? SILENT : { drafts: [toDraft(load, input)], unjudged: [] };
}

/** Large, or written all day long. */
function isWorth(bytes: number, writes: Writes | null, { database: { age }, thresholds }: DatabaseInput): boolean {
  if (bytes >= (thresholds["over-indexed-table.bytes"] ?? LEAST_BYTES)) return true;
  if (writes === null || age.days === null) return false;
  return (writes.updated - writes.hotUpdated) / Math.max(age.days, 1) >= (thresholds["over-indexed-table.per-day"] ?? LEAST_PER_DAY);
}

/** What is filled once and only read pays for its indexes once. */
function judgeMany(load: Load, object: string, input: DatabaseInput): Pick<Judgement, "drafts" | "unjudged"> {
  const { inserted, updated, deleted } = load.writes;
  if (inserted + updated + deleted > 0) return { drafts: [toDraft(load, input)], unjudged: [] };
  const why = tooYoung(input.database, undefined, object);
  return { drafts: [], unjudged: why === null ? [] : [why] };
}

function losesHot(writes: Writes | null, { thresholds }: DatabaseInput): boolean {
  return (
    writes !== null &&
    writes.updated >= (thresholds["over-indexed-table.updates"] ?? LEAST_UPDATES) &&
    writes.hotUpdated < writes.updated * (thresholds["over-indexed-table.hot"] ?? LEAST_HOT)
  );
}

/** An update that changes a column of any index, included ones too, writes a new entry into every index. */
function hotIndexes(table: Table, indexes: readonly Index[], writes: Writes, database: Database): ReadonlyMap<Index, number> {
  const updated = updatedColumns(table, database);
  const all = Math.max(writes.updated, 1);
  const pairs = indexes.flatMap((index): (readonly [Index, number])[] => {
    const calls = Math.max(0, ...columnsOf(index).map((column) => updated.get(column) ?? 0));
    return index.method !== "brin" && calls / all >= OFTEN_UPDATED ? [[index, Math.min(1, calls / all)]] : [];
  });
  return new Map(pairs);
}

/** What the source writes by `update()`, however often it runs. */
function changedIndexes(table: Table, indexes: readonly Index[], input: DatabaseInput): ReadonlyMap<Index, Span> {
  const pairs = indexes.flatMap((index): (readonly [Index, Span])[] =>
    columnsOf(index)
      .flatMap((column) => updatesOf(table, column, input).slice(0, 1))
      .slice(0, 1)
      .map((span) => [index, span] as const),
  );
  return new Map(pairs);
}

function columnsOf({ keys, include }: Index): readonly string[] {
  return [...keys.flatMap(({ column }) => column ?? []), ...include];
}

function toDraft(load: Load, input: DatabaseInput): DatabaseDraft {
  const { database } = input;
  const { table, indexes, bytes, heap, writes, hot } = load;
  const model = modelLabel(database, table);
  return {
    key: [shortName(table)],
    claim: claimOf(load),
    reason: reasonOf(load),
    remedy:
      hot.size > 0
        ? `Drop \`${shortName([...hot.keys()][0] ?? { schema: "public", name: "" })}\` if its readers bear it: updates that touch no index stay on their page.`
        : "Drop those that the fewest statements use; unused-index and redundant-index name candidates.",
    doubt: "an index that answers one important question is worth its writes; which statements each one serves is not weighed here",
    ...(model === undefined ? {} : { model }),
    places: [
      tableSpot(table, `${indexes.length} indexes, ${formatBytes(bytes)}${heap === null ? "" : ` beside ${formatBytes(heap)} of rows`}`),
      ...worst(load, database).flatMap((one) => [
        indexSpot(one, labelOf(one, load, database)),
        ...declarationSpots(database.declarationOf(one), hot.has(one) || load.changed.has(one) ? "on a column that updates change" : "declared here"),
        ...changeSpots(one, load),
      ]),
    ],
    evidence: [
      catalogEvidence(database, { indexes: indexes.length, bytes }),
      counterEvidence(database, { inserted: writes.inserted, updated: writes.updated, hotUpdated: writes.hotUpdated }),
      ...(hot.size > 0 ? [workloadEvidence(database)] : []),
    ],
    impact: {},
    fixes: [],
  };
}

function claimOf({ table, indexes, bytes, heap, writes, hot }: Load): string {
  const [first] = hot;
  const many = `\`${shortName(table)}\` has ${indexes.length} indexes of ${formatBytes(bytes)}`;
  if (first === undefined)
    return `${many}${heap === null ? "" : ` for ${formatBytes(heap)} of rows`}; ${formatNumber(writes.inserted + writes.updated)} inserts and updates wrote them.`;
  return `${many}, and ${formatPercent(first[1])} of its updates change a column of \`${shortName(first[0])}\`, so all of them are written.`;
}

function reasonOf({ writes, hot }: Load): string {
  const plain = "Each INSERT writes an entry into every index, and so does each UPDATE that is not HOT; all are vacuumed.";
  if (hot.size === 0 && writes.updated < LEAST_UPDATES) return plain;
  return `${plain} ${formatNumber(writes.hotUpdated)} of ${formatNumber(writes.updated)} updates were HOT.`;
}

/** Those that break HOT, by the statements or else by the source; without one, those that nobody scanned. */
function worst({ indexes, hot, changed }: Load, database: Database): readonly Index[] {
  if (hot.size > 0) return [...hot.keys()].slice(0, MOST_NAMED);
  if (changed.size > 0) return [...changed.keys()].slice(0, MOST_NAMED);
  return indexes.filter((index) => !index.primary && !index.unique && indexScans(index, database) === 0).slice(0, MOST_NAMED);
}

function changeSpots(index: Index, { changed }: Load): readonly Spot[] {
  const span = changed.get(index);
  return span === undefined ? [] : [{ role: "write", span, label: "changes its column" }];
}

function labelOf(index: Index, { table, hot }: Load, database: Database): string {
  const share = hot.get(index);
  const scans = indexScans(index, database);
  const read = scans === null ? "" : formatCount(scans, "scan");
  const parts = partsOf(table, database).length > 1 ? ", of all partitions" : "";
  return share === undefined ? `${read}${parts}` : `${formatPercent(share)} of updates change its column, ${read}`;
}
