import type { Database, DatabaseDraft, Rule, Table } from "../../model/index.ts";
import { formatNumber } from "../../model/numbers.ts";
import { attributeTable } from "../database/attribute-table.ts";
import { columnSpots, isUniqueColumn, modelOfTable, notSampled, sampleEvidence, samplesOf, type SampleOf } from "../database/column-facts.ts";
import { rowsOf } from "../database/index-figures.ts";
import { shortName } from "../database/names.ts";
import { listed } from "../names.ts";

/** Share of rows that agree with their group; this project's notes (2.a.1). */
const LEAST_DEGREE = 0.99;
/** Rows of a sample; this project's notes (2.a.1). A table that was read whole may have fewer. */
const LEAST_ROWS = 10_000;
/** Rows that repeat a value of X and could have had another Y, and groups that do. Ours. */
const LEAST_REPEATS = 50;
const LEAST_GROUPS = 5;
/** Counted rows differ from the estimate by this much where a table was read whole. Ours. */
const WHOLE = 0.9;
/** What is shorter is a code itself, which nobody moves to a table. In bytes with its header, ours. */
const LEAST_WIDTH = 5;

export const rule: Rule = {
  meta: {
    id: "functional-dependency",
    chapter: "1.1",
    summary: "One column of a table determines another",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database, thresholds }) => {
    const samples = samplesOf(database, "dependency");
    const held = samples.filter((one) => holds(one, database, thresholds));
    const tables = database.tables.filter(({ oid }) => held.some(({ table }) => table === oid));
    return {
      drafts: tables.flatMap((table) =>
        draftsOf(
          table,
          held.filter((one) => one.table === table.oid),
          database,
        ),
      ),
      unjudged: notSampled(database),
      examined: `${samples.length} pairs of columns`,
    };
  },
};

type Dependency = SampleOf<"dependency">;

/** Of the rows whose X occurs more than once, the share that has its group's commonest Y. */
function degreeOf({ rows, groups, repeatedGroups, violations }: Dependency): number {
  const repeated = rows - (groups - repeatedGroups);
  return repeated === 0 ? 0 : 1 - violations / repeated;
}

function holds(sample: Dependency, database: Database, thresholds: Readonly<Record<string, number>>): boolean {
  const table = database.table(sample.table);
  if (table === null || degreeOf(sample) < (thresholds["functional-dependency"] ?? LEAST_DEGREE)) return false;
  if (
    sample.repeatedGroups < (thresholds["functional-dependency.groups"] ?? LEAST_GROUPS) ||
    sample.rows - sample.groups < (thresholds["functional-dependency.repeats"] ?? LEAST_REPEATS)
  )
    return false;
  return sample.rows >= LEAST_ROWS || sample.rows >= (rowsOf(table, database) ?? Infinity) * WHOLE || isFilled(sample, table, database);
}

/** A sample leaves out rows without values; what is left of a whole table is still all there is. */
function isFilled({ rows, from, to }: Dependency, table: Table, database: Database): boolean {
  const total = rowsOf(table, database);
  const empty = [...from, to].map((name) => database.column(table, name)?.statistics?.nullFraction ?? 0);
  return total !== null && rows >= total * WHOLE * (1 - Math.max(...empty));
}

/** One finding for each X, and none for an X that another one determines as well: a city that follows from a postcode. */
function draftsOf(table: Table, held: readonly Dependency[], database: Database): DatabaseDraft[] {
  if (attributeTable(table, database) !== null) return [];
  const pairs = held.filter(
    (one) =>
      one.from.length === 1 && !isCopied(one, database) && !isMade(one, table, database) && !one.from.some((column) => isUniqueColumn(database, table, column)),
  );
  const widthOf = (name: string): number => database.column(table, name)?.statistics?.averageWidth ?? 0;
  const determined = new Set<string>();
  const drafts: DatabaseDraft[] = [];
  const ranked = [...new Set(pairs.map(({ from: [x = ""] }) => x))].toSorted((a, b) => reach(b, pairs) - reach(a, pairs) || widthOf(a) - widthOf(b));
  for (const x of ranked) {
    const group = pairs.filter(({ from, to }) => from[0] === x && !determined.has(to));
    if (determined.has(x) || !group.some(({ to }) => widthOf(to) >= LEAST_WIDTH)) continue;
    for (const { to } of group) determined.add(to);
    drafts.push(toDraft(table, x, group, database));
  }
  return drafts;
}

const reach = (x: string, pairs: readonly Dependency[]): number => pairs.filter(({ from }) => from[0] === x).length;

/** A field that names the other one is filled from it by code: `SlugField(populate_from="title")`, `NaturalOrderingField(target_field="name")`. */
function isMade({ from: [x = ""], to }: Dependency, table: Table, database: Database): boolean {
  return namesField(table, to, x, database) || namesField(table, x, to, database);
}

function namesField(table: Table, filled: string, source: string, database: Database): boolean {
  const declaration = database.fieldOf(table, filled)?.declaration ?? null;
  const name = database.fieldOf(table, source)?.name ?? source;
  if (declaration === null || declaration.kind !== "call") return false;
  return [...declaration.args, ...declaration.keywords.map(({ value }) => value)].some((one) => one.kind === "str" && one.value === name);
}

/** A column of the parent is `copied-attribute`'s to name. */
function isCopied({ table, from: [key], to }: Dependency, database: Database): boolean {
  return samplesOf(database, "copy").some((one) => one.table === table && one.through === key && one.column === to);
}

function toDraft(table: Table, x: string, group: readonly Dependency[], database: Database): DatabaseDraft {
  const names = group.map(({ to }) => to);
  const rows = Math.min(...group.map((one) => one.rows));
  const violations = Math.max(...group.map((one) => one.violations));
  const groups = Math.max(...group.map((one) => one.groups));
  const exceptions = violations === 0 ? "without an exception" : `with ${formatNumber(violations)} exceptions`;
  return {
    key: [shortName(table), x, ...names],
    claim: `In \`${shortName(table)}\`, \`${x}\` determines ${listed(names)}: ${formatNumber(groups)} values over ${formatNumber(rows)} rows, ${exceptions}.`,
    reason: "The same fact is written once for each row, so that an update of one row makes it disagree with the others.",
    remedy: `Keep ${listed(names)} in a model with one row for each \`${x}\`, and a foreign key here.`,
    doubt:
      violations === 0
        ? "rows that are not there yet can break it; text as it was at the time (a label on an invoice) is kept on purpose"
        : "the exceptions are errors, or the rule has them: look at a few before moving anything",
    ...modelOfTable(database, table),
    places: columnSpots(database, table, [...names, x]),
    evidence: [sampleEvidence(database, table, rows, { groups, violations, degree: Number(Math.min(...group.map(degreeOf)).toPrecision(4)) })],
    fixes: [],
  };
}
