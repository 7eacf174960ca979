import { formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, Rule, Severity, Unjudged } from "../../model/index.ts";
import type { ChangeInput } from "../../fixes/migrations/index.ts";
import { columnDraft } from "../database/column-draft.ts";
import { columnName, rowsOf, type ColumnOf } from "../database/columns.ts";
import { counterEvidence } from "../database/evidence.ts";
import { rateOf, type Rate } from "../database/rates.ts";
import { fedColumns, GREATEST, referringColumns, type FedColumn } from "../database/sequences.ts";
import { widenFixes } from "../database/widen-fix.ts";

export const rule: Rule = {
  meta: {
    id: "integer-exhaustion",
    chapter: "1.3",
    summary: "A key runs out of numbers",
    severity: "warning",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const { database, thresholds } = input;
    const fed = fedColumns(database);
    const verdicts = fed.map((of) => judgeColumn(input, of, thresholds));
    return {
      drafts: verdicts.flatMap(({ draft }) => draft ?? []),
      unjudged: verdicts.flatMap(({ unknown }) => unknown ?? []),
      examined: `${fed.length} columns that sequences fill`,
    };
  },
};

/** Shares of all numbers that are used, and days until none is left: ours. */
const INFO_SHARE = 0.5;
const WARNING_SHARE = 0.75;
const ERROR_SHARE = 0.9;
const WARNING_DAYS = 365;
/** A date so far away says nothing: ours. */
const FAR_DAYS = 3650;

interface Verdict {
  readonly draft?: DatabaseDraft;
  readonly unknown?: Unjudged;
}

/** Where numbers end first: at the key itself, or at a narrower column that refers to it. */
interface End extends ColumnOf {
  readonly greatest: number;
}

function judgeColumn(input: ChangeInput, of: FedColumn, thresholds: Readonly<Record<string, number>>): Verdict {
  const { database } = input;
  const end = narrowest(database, of);
  if (of.sequence.lastValue === null) return end.greatest < (GREATEST["int8"] ?? 0) && rowsOf(database, of.table) !== 0 ? { unknown: unread(of) } : {};
  const last = Number(of.sequence.lastValue);
  const rate = growth(database, of);
  const days = rate === null ? null : (end.greatest - last) / rate.perDay;
  const severity = severityOf(last / end.greatest, days, thresholds);
  return severity === null ? {} : { draft: toDraft(input, { of, end, last, rate, days, severity }) };
}

function unread({ sequence }: FedColumn): Unjudged {
  return {
    object: `sequence ${sequence.schema}.${sequence.name}`,
    why: "needs the sequence's last value: the role may not read it (GRANT SELECT ON SEQUENCE), or it was never used",
  };
}

function narrowest(database: Database, of: FedColumn): End {
  const ends = referringColumns(database, of).map((one) => ({ ...one, greatest: GREATEST[one.column.typeName] ?? Infinity }));
  return ends.reduce<End>((least, one) => (one.greatest < least.greatest ? one : least), of);
}

/** Numbers a day; null where nothing carries a rate, or nothing was inserted. */
function growth(database: Database, { table, sequence }: FedColumn): Rate | null {
  const rate = rateOf(database, table, ({ inserted }) => inserted);
  return rate === null || rate.perDay <= 0 ? null : { ...rate, perDay: rate.perDay * Number(sequence.increment) };
}

function severityOf(share: number, days: number | null, thresholds: Readonly<Record<string, number>>): Severity | null {
  if (share >= (thresholds["integer-exhaustion.error"] ?? ERROR_SHARE)) return "error";
  if (share >= (thresholds["integer-exhaustion.warning"] ?? WARNING_SHARE)) return "warning";
  if (days !== null && days <= (thresholds["integer-exhaustion.days"] ?? WARNING_DAYS)) return "warning";
  return share >= (thresholds["integer-exhaustion"] ?? INFO_SHARE) ? "info" : null;
}

interface Exhaustion {
  readonly of: FedColumn;
  readonly end: End;
  readonly last: number;
  readonly rate: Rate | null;
  readonly days: number | null;
  readonly severity: Severity;
}

function toDraft(input: ChangeInput, { of, end, last, rate, days, severity }: Exhaustion): DatabaseDraft {
  const { database } = input;
  const share = (100 * last) / end.greatest;
  const at =
    rate === null || days === null
      ? ""
      : days > FAR_DAYS
        ? "; at the present rate the rest lasts for more than ten years"
        : `; none is left about ${dateAfter(database, days)}`;
  const draft = columnDraft(database, of, {
    claim: `\`${columnName(of)}\` has used ${formatNumber(Number(share.toPrecision(3)))} % of ${end === of ? `its ${formatNumber(end.greatest)} numbers` : `the ${formatNumber(end.greatest)} numbers that \`${columnName(end)}\` holds`}${at}.`,
    reason: `When they are gone every INSERT ${end === of ? "fails" : `into \`${end.table.name}\` that names a newer row fails`}.${rate === null ? "" : ` ${formatNumber(Math.round(rate.perDay))} rows come a day, ${rate.said}.`}`,
    remedy: "Make the key and all columns that refer to it bigint; on a large table through a new column, a trigger and a swap.",
    doubt:
      rate === null
        ? "no counters carry a rate of growth, so no date is said"
        : "numbers burnt by rollbacks and ON CONFLICT are not among the rows counted: it is then earlier",
    severity,
    label: `last value ${formatNumber(last)}`,
    figures: { lastValue: last, greatest: end.greatest },
    fixes: widenFixes(input, of),
  });
  if (rate === null || days === null) return draft;
  return { ...draft, evidence: [...draft.evidence, counterEvidence(database, { rowsPerDay: Math.round(rate.perDay), daysLeft: Math.round(days) })] };
}

function dateAfter({ snapshot }: Database, days: number): string {
  return new Date(Date.parse(snapshot.takenAt) + days * 86_400_000).toISOString().slice(0, 10);
}
