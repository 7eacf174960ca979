import type { Database, DatabaseDraft, Field, Rule, Unjudged } from "../../model/index.ts";
import { formatBytes, formatNumber } from "../../model/numbers.ts";
import type { ChangeInput } from "../../fixes/migrations/index.ts";
import { columnDraft } from "../database/column-draft.ts";
import { columnName, indexesWith, ownColumns, rowsOf, type ColumnOf } from "../database/columns.ts";
import { retypeFixes } from "../database/retype-fix.ts";
import { laidOut, rowSize, type LaidOut } from "../database/tuple-layout.ts";
import { patternSample, seenValues, STATISTICS_SAMPLE, whyNoValues } from "../database/values.ts";

export const rule: Rule = {
  meta: {
    id: "uuid-as-text",
    chapter: "1.3",
    summary: "A text column holds UUIDs",
    severity: "info",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const least = input.thresholds["uuid-as-text"] ?? LEAST_ROWS;
    const texts = ownColumns(input.database).filter(({ table, column }) => TEXTS.has(column.typeName) && (rowsOf(input.database, table) ?? least) >= least);
    const verdicts = texts.map((of) => judgeColumn(input, of));
    return {
      drafts: verdicts.flatMap(({ draft }) => draft ?? []),
      unjudged: verdicts.flatMap(({ unknown }) => unknown ?? []),
      examined: `${texts.length} text columns`,
    };
  },
};

const TEXTS: ReadonlySet<string> = new Set(["text", "varchar", "bpchar"]);
/** With hyphens, or the 32 digits that Django writes where there is no uuid type; version and variant are what tells them from other digests. */
const UUID = /^[0-9a-f]{8}(-?)[0-9a-f]{4}\1[1-8][0-9a-f]{3}\1[89ab][0-9a-f]{3}\1[0-9a-f]{12}$/i;
/** Smaller tables lie in the cache either way: ours. */
const LEAST_ROWS = 10_000;
/** Fewer values prove nothing: ours. */
const LEAST_VALUES = 20;

interface Verdict {
  readonly draft?: DatabaseDraft;
  readonly unknown?: Unjudged;
}

function judgeColumn(input: ChangeInput, of: ColumnOf): Verdict {
  const { database } = input;
  const { table, column } = of;
  const sample = patternSample(database, table, column, "uuid");
  if (sample !== null)
    return sample.rows >= LEAST_VALUES && sample.matching === sample.rows
      ? { draft: toDraft(input, of, `${formatNumber(sample.rows)} rows sampled`, true) }
      : {};
  if (!isOfLength(of)) return {};
  const values = seenValues(database, column)?.values ?? [];
  if (values.length === 0)
    return (rowsOf(database, table) ?? 1) > 0
      ? { unknown: { object: `table ${table.schema}.${table.name}`, why: `${whyNoValues(database, column)} (${column.name})` } }
      : {};
  return values.length >= LEAST_VALUES && values.every((value) => UUID.test(value)) ? { draft: toDraft(input, of, STATISTICS_SAMPLE, false) } : {};
}

/** 36 or 32 characters by its type, or by the width of its values with a header of one byte. */
function isOfLength({ column }: ColumnOf): boolean {
  const declared = Number(/\((\d+)\)/.exec(column.type)?.[1] ?? 0);
  if (column.statistics === null) return declared === 36 || declared === 32;
  return [33, 36, 37, 32].includes(column.statistics.averageWidth);
}

/** 36 characters and a header of one byte. */
const WITH_HYPHENS = 36;

function toDraft(input: ChangeInput, of: ColumnOf, base: string, isSampled: boolean): DatabaseDraft {
  const { database } = input;
  const { column } = of;
  const saved = savedBytes(database, of);
  const width = column.statistics?.averageWidth ?? 37;
  return columnDraft(database, of, {
    claim: `\`${columnName(of)}\` holds UUIDs as ${column.type}: ${width} bytes a value where \`uuid\` takes 16${saved === null ? "" : `, ${formatBytes(saved)} in all`}.`,
    reason: "The longer values are stored in the row and in each index, and compared by the rules of a collation.",
    remedy: mayBeEmpty(database, of) ? "Let it be NULL instead of blank, then make it `uuid`: a UUIDField." : "Make it `uuid`: a UUIDField.",
    doubt: `seen in ${base}; one value that is no UUID, an empty text for one, makes the change fail${width < WITH_HYPHENS ? ", and what reads them without hyphens gets them with hyphens then" : ""}`,
    confidence: isSampled ? "certain" : "likely",
    label: column.type,
    figures: saved === null ? {} : { bytes: saved },
    ...(saved === null ? {} : { impact: { bytes: { before: saved, after: 0 } } }),
    fixes: mayBeEmpty(database, of)
      ? []
      : retypeFixes(input, {
          ...of,
          field: { kind: "uuid" },
          type: "uuid",
          using: "%::uuid",
          usingBack: width < WITH_HYPHENS ? "replace(%::text, '-', '')" : "%::text",
        }),
  });
}

/** Django stores an empty text for what a form leaves blank, unless the column may be NULL. No UUID is empty. */
function mayBeEmpty(database: Database, { table, column }: ColumnOf): boolean {
  return column.notNull && isTrue(database.fieldOf(table, column.name), "blank");
}

function isTrue(field: Field | null, argument: string): boolean {
  const value = field?.declaration?.kind === "call" ? field.declaration.keywords.find(({ name }) => name === argument)?.value : undefined;
  return value?.kind === "constant" && value.value === "true";
}

/** In the rows, by their layout, and in each index on the column; null when the layout is not known. */
function savedBytes(database: Database, of: ColumnOf): number | null {
  const rows = rowsOf(database, of.table);
  const now = of.table.columns.map(laidOut);
  const own = of.table.columns.indexOf(of.column);
  const before = now[own];
  if (rows === null || before === undefined || before === null || now.includes(null)) return null;
  const columns = now.flatMap((one) => one ?? []);
  const after: LaidOut = { ...before, length: 16, alignment: 1, width: 16, widths: [{ width: 16, share: 1 }] };
  const row = rowSize(columns).bytes - rowSize(columns.with(own, after)).bytes;
  return Math.max(0, Math.round(rows * (row + indexesWith(database, of).length * entrySaving(before, after))));
}

/** An entry is padded to 8, after a header of 8. */
function entrySaving(before: LaidOut, after: LaidOut): number {
  const entry = ({ width }: LaidOut): number => Math.ceil(width / 8) * 8;
  return entry(before) - entry(after);
}
