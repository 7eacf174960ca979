import { formatCount, formatNumber } from "../../model/numbers.ts";
import { createPartition } from "../../fixes/migrations/index.ts";
import type { DatabaseDraft, DatabaseInput, FixDraft, Rule, Span, Table, Unjudged } from "../../model/index.ts";
import { rowsOf, storesOf } from "../database/columns.ts";
import { catalogEvidence, counterEvidence } from "../database/evidence.ts";
import { modelLabel, shortName, tableSpot } from "../database/names.ts";
import { following, isOpenEnded, timeKey, timeRanges, type TimeRange } from "../database/partitions.ts";
import { rateOf } from "../database/rates.ts";
import { tableName } from "../database/retype-fix.ts";
import { commandFix } from "../database/table-options.ts";

export const rule: Rule = {
  meta: {
    id: "partition-maintenance",
    chapter: "1.4",
    summary: "A partitioned table is not looked after: rows in the default partition, no next partition, no statistics of the whole",
    severity: "warning",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const parents = input.database.tables.filter(
      ({ kind, partitioning, partitionOf }) => kind === "partitioned" && partitioning !== null && partitionOf === null,
    );
    const verdicts = parents.flatMap((parent) => [strayRows(input, parent), missingPartition(input, parent), wholeStatistics(input, parent)]);
    return {
      drafts: verdicts.flatMap(({ draft }) => draft ?? []),
      unjudged: verdicts.flatMap(({ unknown }) => unknown ?? []),
      examined: formatCount(parents.length, "partitioned table"),
    };
  },
};

interface Verdict {
  readonly draft?: DatabaseDraft;
  readonly unknown?: Unjudged;
}

// ------------------------------------------------------------------------------------------------ rows nobody made room for

/** Of a range: in a list, "all others" is what the default partition is for. */
function strayRows(input: DatabaseInput, parent: Table): Verdict {
  const { database } = input;
  const oid = parent.partitioning?.strategy === "range" ? parent.partitioning.defaultPartition : null;
  const table = oid === null ? null : database.table(oid);
  if (table === null) return {};
  const estimated = rowsOf(database, table);
  const rows = estimated === 0 ? (database.tableCounters(table)?.liveRows ?? 0) : estimated;
  if (rows === null) return { unknown: { object: `table ${table.schema}.${table.name}`, why: "needs the number of its rows, which was never estimated" } };
  if (rows === 0) return {};
  return {
    draft: draft(input, parent, "default", {
      claim: `\`${shortName(parent)}\`'s default partition \`${shortName(table)}\` holds about ${formatNumber(Math.round(rows))} rows that no partition was made for.`,
      reason:
        "A partition for their range cannot be added until they are moved: ATTACH looks through them all under ACCESS EXCLUSIVE and then fails. Every query by time reads them too.",
      remedy: "In one transaction: detach the default partition, make the missing partitions, move the rows with INSERT … SELECT, attach it again.",
      doubt: "the number is the planner's estimate or the counters'; the default partition may be meant to take strays",
      label: `about ${formatNumber(Math.round(rows))} rows`,
      more: table,
      figures: { rows: Math.round(rows) },
    }),
  };
}

// --------------------------------------------------------------------------------------------------- the partition to come

const DAY = 86_400_000;
/** More than a migration should make at once: ours. */
const MOST_ADDED = 12;

/** Before the last partition begins, the next one has to be there: ours. */
function missingPartition(input: DatabaseInput, parent: Table): Verdict {
  const { database } = input;
  const key = timeKey(database, parent);
  const last = timeRanges(database, parent).at(-1);
  if (key === null || last === undefined || isOpenEnded(database, parent)) return {};
  const now = Date.parse(database.snapshot.takenAt);
  if (last.to - now >= last.to - last.from || isArchive(input, parent)) return {};
  const hasDefault = parent.partitioning?.defaultPartition !== null;
  const days = Math.round(Math.abs(last.to - now) / DAY);
  const isLate = last.to <= now;
  return {
    draft: draft(input, parent, "next", {
      severity: isLate && !hasDefault ? "error" : "warning",
      claim: `\`${shortName(parent)}\`'s last partition ${isLate ? "ended" : "ends"} on ${new Date(last.to).toISOString().slice(0, 10)}, ${isLate ? `${days} days ago` : `in ${days} days`}, and none follows.`,
      reason: hasDefault
        ? "New rows go to the default partition, from which they have to be moved later."
        : "Then every INSERT of a new row fails: no partition of relation found for row.",
      remedy: "Make partitions ahead of time, from a scheduled job or with pg_partman.",
      doubt: "a job that makes them just in time has not run yet",
      label: `last partition ${shortName(last.table)}`,
      more: last.table,
      figures: { partitions: timeRanges(database, parent).length },
      fixes: nextFix(input, parent, last, now),
    }),
  };
}

/** Nothing was inserted for as long as counters tell: no next partition is needed. */
function isArchive({ database }: DatabaseInput, parent: Table): boolean {
  return rateOf(database, parent, ({ inserted }) => inserted)?.perDay === 0;
}

/** None while the default partition holds rows, which the new ones could be meant for. */
function nextFix(input: DatabaseInput, parent: Table, last: TimeRange, now: number): FixDraft[] {
  const { database } = input;
  const stray = parent.partitioning?.defaultPartition ?? null;
  const strayTable = stray === null ? null : database.table(stray);
  if (strayTable !== null && (rowsOf(database, strayTable) !== 0 || (database.tableCounters(strayTable)?.liveRows ?? 0) > 0)) return [];
  const added: { readonly from: number; readonly to: number }[] = [];
  let at: { readonly from: number; readonly to: number } = last;
  while (at.to - now < at.to - at.from && added.length < MOST_ADDED) {
    at = following(at);
    added.push(at);
  }
  const isDate = database.column(parent, timeKey(database, parent) ?? "")?.typeName === "date";
  return at.to <= now
    ? []
    : [
        createPartition(
          input,
          parent,
          added.map((one) => ({ name: nameOf(parent, one), from: literal(one.from, isDate), to: literal(one.to, isDate) })),
        ),
      ];
}

function nameOf(parent: Table, { from, to }: { readonly from: number; readonly to: number }): string {
  const day = new Date(from).toISOString().slice(0, to - from < 28 * DAY ? 10 : to - from < 365 * DAY ? 7 : 4);
  return `${parent.name}_${day.replaceAll("-", "_")}`;
}

function literal(time: number, isDate: boolean): string {
  const text = new Date(time).toISOString();
  return isDate ? `'${text.slice(0, 10)}'` : `'${text.slice(0, 19).replace("T", " ")}+00'`;
}

// ------------------------------------------------------------------------------------------------ statistics of the whole

/** Fewer rows are planned well without: ours. */
const LEAST_ROWS = 1000;

/** Autovacuum analyses partitions, never their parent. */
function wholeStatistics(input: DatabaseInput, parent: Table): Verdict {
  const { database } = input;
  const rows = rowsOf(database, parent);
  if (rows === null || rows < LEAST_ROWS || parent.columns.some(({ statistics }) => statistics !== null)) return {};
  const known = storesOf(database, parent).some((one) => one.columns.some(({ statistics }) => statistics !== null));
  if (!known)
    return {
      unknown: {
        object: `table ${parent.schema}.${parent.name}`,
        why: "needs statistics of its partitions: they were never analysed, or the role may not read them",
      },
    };
  return {
    draft: draft(input, parent, "statistics", {
      claim: `\`${shortName(parent)}\` has ${formatNumber(Math.round(rows))} rows in partitions, and no statistics of the whole: ANALYZE never ran on it.`,
      reason: "Autovacuum analyses each partition and never the parent; joins and groups over all partitions are planned by a guess.",
      remedy: "Run ANALYZE on the parent after each large change, from a scheduled job.",
      doubt: "queries that always name one partition's time are planned by that partition's statistics",
      label: "no statistics",
      more: null,
      figures: { rows: Math.round(rows) },
      fixes: [commandFix(`Analyse \`${shortName(parent)}\` as a whole`, `ANALYZE ${tableName(parent)}`)],
    }),
  };
}

interface Parts {
  readonly claim: string;
  readonly reason: string;
  readonly remedy: string;
  readonly doubt: string;
  readonly label: string;
  /** The partition concerned. */
  readonly more: Table | null;
  readonly figures: Readonly<Record<string, number>>;
  readonly severity?: DatabaseDraft["severity"];
  readonly fixes?: readonly FixDraft[];
}

function draft(
  input: DatabaseInput,
  parent: Table,
  what: string,
  { claim, reason, remedy, doubt, label, more, figures, severity, fixes = [] }: Parts,
): DatabaseDraft {
  const { database } = input;
  const model = modelLabel(database, parent);
  const written = more === null ? null : madeBySql(input, more);
  const declared = database.declarationOfTable(parent);
  const spots = [
    ...(written === null ? [] : [{ role: "definition" as const, span: written, label: "made here" }]),
    ...(declared === null ? [] : [{ role: "definition" as const, span: declared }]),
  ];
  return {
    key: [shortName(parent), what],
    ...(severity === undefined ? {} : { severity }),
    claim,
    reason,
    remedy,
    doubt,
    ...(model === undefined ? {} : { model }),
    places: [tableSpot(parent, more === null ? label : undefined), ...(more === null ? [] : [tableSpot(more, label)]), ...spots],
    evidence: [what === "default" ? counterEvidence(database, figures) : catalogEvidence(database, figures)],
    fixes,
  };
}

/** Django has no words for partitions: SQL of a migration makes them. */
function madeBySql({ source }: DatabaseInput, { name }: Table): Span | null {
  const made = source?.migrations?.statements.findLast(
    ({ sql }) => /\bpartition\s+of\b/i.test(sql) && new RegExp(`(?<!\\w)${name.replaceAll(/\W/g, ".")}(?!\\w)`).test(sql),
  );
  return made?.made.span ?? null;
}
