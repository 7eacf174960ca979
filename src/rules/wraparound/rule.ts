import { formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, Rule, Severity, Table, Unjudged } from "../../model/index.ts";
import { catalogEvidence } from "../database/evidence.ts";
import { modelLabel, shortName, tableSpot } from "../database/names.ts";
import { tableName } from "../database/retype-fix.ts";
import { commandFix, isBeingVacuumed, optionNumber } from "../database/table-options.ts";

export const rule: Rule = {
  meta: {
    id: "wraparound",
    chapter: "5.1",
    summary: "Transaction numbers run out before a table is frozen",
    severity: "warning",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database, thresholds }) => {
    const stores = database.catalog.tables.filter(({ kind }) => kind === "table" || kind === "materialised-view");
    const aged = stores.flatMap((table) => oldest(database, table, thresholds));
    const worst = aged.toSorted((a, b) => b.age - a.age).slice(0, MOST_NAMED);
    const whole = aged.length > 0 ? [] : ofDatabase(database, thresholds);
    return {
      drafts: [...worst.map((one) => ofTable(database, one, aged.length)), ...whole],
      unjudged: unknownAges(stores),
      examined: `${stores.length} tables and their TOAST tables`,
    };
  },
};

/** Of 2,147,483,648 numbers. PostgreSQL itself acts at 1.6 billion (vacuum_failsafe_age) and stops writing 3 million before the end; the others are ours. */
const WARNING_AGE = 500_000_000;
const ERROR_AGE = 1_000_000_000;
const FAILSAFE_AGE = 1_600_000_000;
const END = 2 ** 31;
/** Where one table is that old, hundreds are: the oldest are named. */
const MOST_NAMED = 5;

type Counter = "transaction" | "multixact";

interface Aged {
  readonly table: Table;
  readonly age: number;
  readonly counter: Counter;
  readonly isToast: boolean;
  readonly severity: Severity;
}

/** The worse of its two counters, with its TOAST table. */
function oldest(database: Database, table: Table, thresholds: Readonly<Record<string, number>>): Aged[] {
  const ages = (["transaction", "multixact"] as const).flatMap((counter): Aged[] => {
    const [own, toast] = counter === "transaction" ? [table.xidAge, table.toast?.xidAge ?? null] : [table.multixactAge, table.toast?.multixactAge ?? null];
    const age = Math.max(own ?? 0, toast ?? 0);
    const severity = severityOf(database, table, age, counter, thresholds);
    return severity === null ? [] : [{ table, age, counter, isToast: (toast ?? 0) > (own ?? 0), severity }];
  });
  return ages.toSorted((a, b) => b.age - a.age).slice(0, 1);
}

function severityOf(database: Database, table: Table, age: number, counter: Counter, thresholds: Readonly<Record<string, number>>): Severity | null {
  if (age >= (thresholds["wraparound.error"] ?? ERROR_AGE)) return "error";
  if (age >= (thresholds["wraparound"] ?? WARNING_AGE)) return "warning";
  const forced = optionNumber(database, table, counter === "transaction" ? "autovacuum_freeze_max_age" : "autovacuum_multixact_freeze_max_age") ?? WARNING_AGE;
  // Autovacuum is forced to come now, even where it is off; while it is there all is well.
  return age > forced * FORCED_MARGIN && !isBeingVacuumed(database, table) ? "info" : null;
}

/** A table reaches the age at which it is forced, waits for its turn, and is done: a tenth more is no news. Ours. */
const FORCED_MARGIN = 1.1;

function unknownAges(stores: readonly Table[]): Unjudged[] {
  const unread = stores.filter(({ xidAge, accessMethod }) => xidAge === null && accessMethod === "heap");
  if (unread.length === 0) return [];
  return [
    {
      object: unread.length === stores.length ? "" : `table ${unread[0]?.schema}.${unread[0]?.name}`,
      why: `needs the ages of ${unread.length} tables, which could not be read`,
    },
  ];
}

function ofTable(database: Database, { table, age, counter, isToast, severity }: Aged, count: number): DatabaseDraft {
  const model = modelLabel(database, table);
  return {
    key: [shortName(table), counter],
    severity,
    claim: `\`${shortName(table)}\`${isToast ? "'s TOAST table" : ""} was last frozen ${formatNumber(age)} ${counter}s ago, ${percent(age)} % of all there are.`,
    reason: `${age >= FAILSAFE_AGE ? "VACUUM now skips indexes and its own limits to be in time. " : ""}At 2,147 million PostgreSQL refuses every write until the table is frozen.${count > 1 ? ` ${formatNumber(count)} tables are that old.` : ""}`,
    remedy: "Run VACUUM (FREEZE) on it, after ending what holds the past: long transactions, prepared ones, replication slots.",
    doubt: "a vacuum that began after this look is freezing it already",
    ...(model === undefined ? {} : { model }),
    places: [tableSpot(table, `age ${formatNumber(age)}`)],
    evidence: [catalogEvidence(database, { age, left: END - age })],
    fixes: table.kind === "table" ? [commandFix(`Freeze \`${shortName(table)}\``, `VACUUM (FREEZE) ${tableName(table)}`)] : [],
  };
}

/** No table that was read is old, and the database is: a table of the system, of an extension, or one that a session left behind. */
function ofDatabase(database: Database, thresholds: Readonly<Record<string, number>>): DatabaseDraft[] {
  const { name, xidAge, multixactAge } = database.catalog.database;
  const age = Math.max(xidAge ?? 0, multixactAge ?? 0);
  if (age < (thresholds["wraparound"] ?? WARNING_AGE)) return [];
  return [
    {
      key: ["database"],
      severity: age >= (thresholds["wraparound.error"] ?? ERROR_AGE) ? "error" : "warning",
      claim: `Database \`${name}\` was last frozen ${formatNumber(age)} transactions ago, ${percent(age)} % of all there are; none of its own tables is that old.`,
      reason:
        "A system table, one of an extension, or a temporary table of a session that is gone keeps it back. At 2,147 million PostgreSQL refuses every write.",
      remedy: "Run VACUUM (FREEZE) on the whole database as superuser, and drop temporary tables that no session owns.",
      doubt: "a vacuum that began after this look is freezing it already",
      places: [{ role: "setting", object: "autovacuum_freeze_max_age" }],
      evidence: [catalogEvidence(database, { age, left: END - age })],
      fixes: [],
    },
  ];
}

const percent = (age: number): number => Math.round((100 * age) / END);
