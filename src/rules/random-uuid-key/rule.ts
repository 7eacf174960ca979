import { formatBytes, formatNumber } from "../../model/numbers.ts";
import type { Column, Database, DatabaseDraft, Index, Rule, Table, Unjudged } from "../../model/index.ts";
import { columnDraft } from "../database/column-draft.ts";
import { columnName, ownTables, rowsOf, storesOf, type ColumnOf } from "../database/columns.ts";
import { counterEvidence } from "../database/evidence.ts";
import { indexSpot } from "../database/names.ts";
import { rateOf, type Rate } from "../database/rates.ts";
import { seenValues } from "../database/values.ts";

export const rule: Rule = {
  meta: {
    id: "random-uuid-key",
    chapter: "1.3",
    summary: "Random UUIDs as key spread each insert over the whole index",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database, thresholds }) => {
    const keys = ownTables(database).flatMap((table) => uuidKeys(database, table));
    const verdicts = keys.map((key) => judgeKey(database, key, thresholds));
    return {
      drafts: verdicts.flatMap(({ draft }) => draft ?? []),
      unjudged: verdicts.flatMap(({ unknown }) => unknown ?? []),
      examined: `${keys.length} keys of UUIDs`,
    };
  },
};

/** Of the heap's order with the key's: time-ordered UUIDs are near 1. Ours. */
const MOST_CORRELATION = 0.5;
/** Smaller indexes lie in the cache whole: ours. */
const LEAST_ROWS = 100_000;
/** Rows a day from which an index beyond the cache is felt: ours. */
const MANY_PER_DAY = 100_000;
const RANDOM = /^[0-9a-f]{8}-[0-9a-f]{4}-4/i;

interface Key extends ColumnOf {
  readonly index: Index;
}

function uuidKeys(database: Database, table: Table): Key[] {
  return database.indexesOf(table).flatMap((index) => {
    const column = index.primary ? database.column(table, index.keys[0]?.column ?? "") : null;
    return column !== null && column.typeName === "uuid" ? [{ table, column, index }] : [];
  });
}

interface Verdict {
  readonly draft?: DatabaseDraft;
  readonly unknown?: Unjudged;
}

function judgeKey(database: Database, key: Key, thresholds: Readonly<Record<string, number>>): Verdict {
  const rows = rowsOf(database, key.table);
  if (rows !== null && rows < (thresholds["random-uuid-key.rows"] ?? LEAST_ROWS)) return {};
  const correlation = correlationOf(database, key);
  if (rows === null || correlation === null)
    return {
      unknown: {
        object: `index ${key.index.schema}.${key.index.name}`,
        why: "needs statistics of the key: the table was never analysed, or the role may not read it",
      },
    };
  if (Math.abs(correlation) > (thresholds["random-uuid-key"] ?? MOST_CORRELATION) || isOrderedByTime(database, key.column)) return {};
  return { draft: toDraft(database, key, correlation, rows) };
}

/** A parent has statistics of the whole, but no order of its own: its partitions have. */
function correlationOf(database: Database, { table, column }: Key): number | null {
  const all = storesOf(database, table).flatMap((one) => database.column(one, column.name)?.statistics?.correlation ?? []);
  return all.length === 0 ? null : all.reduce((sum, one) => sum + Math.abs(one), 0) / all.length;
}

/** Values that are no version 4, as far as any were seen: the heap is out of order, the keys are not random. */
function isOrderedByTime(database: Database, column: Column): boolean {
  const values = seenValues(database, column)?.values ?? [];
  return values.length > 0 && values.every((value) => !RANDOM.test(value));
}

function toDraft(database: Database, key: Key, correlation: number, rows: number): DatabaseDraft {
  const rate = rateOf(database, key.table, ({ inserted }) => inserted);
  const bytes = indexBytes(database, key.index);
  const pages = bytes === null ? null : Math.ceil(bytes / database.server.blockSize);
  const spread = pages === null ? "any page of its index" : `any of ${formatNumber(pages)} pages of its index`;
  const draft = columnDraft(database, key, {
    claim: `\`${columnName(key)}\` is a random UUID, correlation ${formatNumber(Number(correlation.toPrecision(2)))}: each insert goes to ${spread}.`,
    reason: reasonOf(bytes, rows, rate),
    remedy: "Let new rows have UUIDs in the order of time, version 7: `uuidv7()` from PostgreSQL 18 on, `uuid.uuid7` from Python 3.14 on. Old ones stay.",
    doubt: "a version 7 tells when its row was made; while the index fits the cache the gain is its size and the log's",
    severity: isFelt(database, bytes, rate) ? "warning" : "info",
    label: "uuid",
    figures: { correlation: Number(correlation.toPrecision(3)), rows: Math.round(rows), ...(bytes === null ? {} : { bytes }) },
    morePlaces: [indexSpot(key.index, bytes === null ? undefined : formatBytes(bytes))],
  });
  return rate === null ? draft : { ...draft, evidence: [...draft.evidence, counterEvidence(database, { rowsPerDay: Math.round(rate.perDay) })] };
}

/** Of all partitions, for an index of a partitioned table. */
function indexBytes(database: Database, { oid, bytes }: Index): number | null {
  const parts = database.catalog.indexes.filter(({ partitionOf }) => partitionOf === oid);
  if (parts.length === 0) return bytes;
  const sizes = parts.map((part) => indexBytes(database, part));
  return sizes.includes(null) ? null : sizes.reduce<number>((sum, one) => sum + (one ?? 0), 0);
}

/** An entry of a UUID: header, value and line pointer; pages that are filled in order are 90 % full. */
const ENTRY_BYTES = 28;
const FULL = 0.9;

function reasonOf(bytes: number | null, rows: number, rate: Rate | null): string {
  const sorted = (rows * ENTRY_BYTES) / FULL;
  const larger =
    bytes === null || bytes <= sorted * 1.02
      ? ""
      : ` The index is ${Math.round((bytes / sorted - 1) * 100)} % larger than keys that come in order would make it.`;
  const come = rate === null ? "" : ` ${formatNumber(Math.round(rate.perDay))} rows come a day, ${rate.said}.`;
  return `Pages are split everywhere, and after each checkpoint nearly every insert writes a whole page to the log.${larger}${come}`;
}

/** The index is larger than the server's buffers, and much comes in. */
function isFelt(database: Database, bytes: number | null, rate: Rate | null): boolean {
  const buffers = database.settingNumber("shared_buffers");
  return bytes !== null && buffers !== null && bytes > buffers && (rate?.perDay ?? 0) >= MANY_PER_DAY;
}
