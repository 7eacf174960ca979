/** Why the planner was wrong, as far as the catalog and the model tell. */
import { formatNumber } from "../../model/numbers.ts";
import type { ChangeProposal, Column, Constraint, Database, DatabaseInput, Evidence, FixDraft, Model, PlanNode, Spot, Table } from "../../model/index.ts";
import { namesDigest } from "../../model/generated-names.ts";
import { quoteName } from "../../postgres/quote.ts";
import { catalogEvidence, counterEvidence } from "../database/evidence.ts";
import { shortName } from "../database/names.ts";
import type { PlanStep } from "../database/plan-steps.ts";

export interface Cause {
  readonly reason: string;
  readonly remedy: string;
  readonly doubt: string;
  readonly fixes: readonly FixDraft[];
  readonly evidence: readonly Evidence[];
  readonly spots: readonly Spot[];
  readonly tries?: ChangeProposal;
}

export function causeOf(step: PlanStep, { database }: DatabaseInput): Cause {
  const { node } = step;
  if (node.type === "Function Scan" || node.type === "CTE Scan") return ofUnknownSource(node);
  const table = node.relation === null ? null : database.tableNamed(node.relation);
  if (table === null) return ofJoin(node, database);
  const condition = [node.conditions.index, node.conditions.recheck, node.conditions.filter].flatMap((one) => one ?? []).join(" AND ");
  const columns = columnsIn(condition, table);
  return (
    uniqueCause(step, condition, table, database) ??
    staleCause(table, database) ??
    expressionCause(condition, columns) ??
    correlatedCause(step, columns, table, database) ??
    targetCause(columns, table, database) ??
    UNKNOWN
  );
}

/** Columns of which the model says that they are unique together, and the database does not: a condition on all of them finds one row. */
function uniqueCause({ node }: PlanStep, condition: string, table: Table, database: Database): Cause | null {
  const model = database.modelOf(table);
  if (model === null || (node.actualRows ?? 0) > 1 || node.planRows <= 1) return null;
  const compared = new Set(table.columns.flatMap(({ name }) => (isCompared(condition, name) ? [name] : [])));
  const promised = uniqueSets(model, table, database).find((columns) => columns.every((one) => compared.has(one)));
  if (
    promised === undefined ||
    database
      .indexesOf(table)
      .some(
        (index) => index.unique && index.valid && index.predicate === null && index.keys.every(({ column }) => column !== null && promised.includes(column)),
      )
  )
    return null;
  const names = promised.map((one) => `\`${one}\``).join(" and ");
  const [first = ""] = promised;
  const declared = database.declarationOfColumn(table, first);
  return {
    ...NOTHING,
    reason: `The model says that ${names} ${promised.length === 1 ? "is" : "are together"} unique; the database has no such constraint, so that the planner expects as many rows as the values have on average.`,
    remedy: `Make the constraint in the database too: run the migration that adds it, or write one (\`AddConstraint\`, \`UniqueConstraint(fields=…)\`).`,
    doubt: "rows that are there twice have to be cleared away first",
    evidence: [catalogEvidence(database)],
    spots: declared === null ? [] : [{ role: "definition", span: declared.span, label: "unique in the model" }],
  };
}

function uniqueSets(model: Model, table: Table, database: Database): string[][] {
  const columnOf = (name: string): string | null => table.columns.find((one) => database.fieldOf(table, one.name)?.name === name)?.name ?? null;
  const single = [...model.fields.values()].filter((one) => one.unique && !one.primaryKey).map(({ name }) => [name]);
  return [...single, ...model.uniqueTogether.map((names) => [...names])].flatMap((names) => {
    const columns = names.flatMap((name) => columnOf(name) ?? []);
    return columns.length === names.length && columns.length > 0 ? [columns] : [];
  });
}

/** `(code = 'x'::text)`, `((code)::text = 'x'::text)`. */
function isCompared(condition: string, column: string): boolean {
  return new RegExp(String.raw`(?<![\w.])(?:\w+\.)?"?${column.replaceAll(/[^\w]/g, String.raw`\$&`)}"?\)?(?:::[a-z ]+)? = `).test(condition);
}

const NOTHING = { fixes: [], evidence: [], spots: [] } as const;

const UNKNOWN: Cause = {
  ...NOTHING,
  reason: "Nothing in the catalog tells why.",
  remedy: "Compare the statistics of the condition's columns (`pg_stats`) with their rows.",
  doubt: "other values may be guessed well",
};

/** Rows changed since ANALYZE, of all rows: what autovacuum waits for by default, and a plan may be wrong at. */
const STALE_PART = 0.1;

function staleCause(table: Table, database: Database): Cause | null {
  const counters = database.tableCounters(table);
  const never = table.reltuples < 0 || table.columns.every(({ statistics }) => statistics === null);
  const changed = counters?.modifiedSinceAnalyze ?? 0;
  if (!never && changed < Math.max(1, table.reltuples) * STALE_PART) return null;
  const name = qualified(table);
  return {
    ...NOTHING,
    reason: never
      ? `\`${shortName(table)}\` has no statistics.`
      : `${formatNumber(changed)} rows of \`${shortName(table)}\` were changed since its statistics were taken of ${formatNumber(table.reltuples)}.`,
    remedy: `Run ANALYZE on \`${shortName(table)}\`, and lower \`autovacuum_analyze_scale_factor\` for it.`,
    doubt: "statistics may have been taken between the plan and the snapshot",
    fixes: [sql(`Analyse \`${shortName(table)}\``, [`ANALYZE ${name}`], [])],
    evidence: [counterEvidence(database, { changedRows: changed })],
  };
}

function expressionCause(condition: string, columns: readonly Column[]): Cause | null {
  const [, called] = /\b(lower|upper|date_trunc|date_part|extract|timezone|coalesce|substr|length|abs|jsonb_\w+)\(/i.exec(condition) ?? [];
  const operator = /->>|->|@>|#>>/.exec(condition)?.[0];
  const word = called ?? operator;
  if (word === undefined || columns.length === 0) return null;
  return {
    ...NOTHING,
    reason: `The condition compares an expression (\`${word}\`) of \`${columns[0]?.name ?? ""}\`, of which there are no statistics: the planner takes a fixed part of the rows.`,
    remedy:
      "Compare the column itself, keep the value in a column of its own (`GeneratedField`), or take statistics of the expression: `CREATE STATISTICS … ON (expression)` (14 and later), or an index on it.",
    doubt: "a guess can be wrong for this value and right for most",
  };
}

/** Columns that go together, for which the planner multiplies the parts. */
function correlatedCause(step: PlanStep, columns: readonly Column[], table: Table, database: Database): Cause | null {
  if (columns.length < 2 || (step.node.actualRows ?? 0) < step.node.planRows) return null;
  const names = columns.map(({ name }) => name);
  if (database.catalog.extendedStatistics.some((one) => one.table === table.oid && names.every((name) => one.columns.includes(name)))) return null;
  const statistics = `${table.name}_${names.join("_")}_stat`.slice(0, 63);
  const created = `${quoteName(table.schema)}.${quoteName(statistics)}`;
  return {
    ...NOTHING,
    reason: `It multiplies what it knows of ${names.map((name) => `\`${name}\``).join(" and ")}, as if they had nothing to do with each other.`,
    remedy: `Take statistics of the columns together: \`CREATE STATISTICS … (dependencies, mcv) ON ${names.join(", ")}\`.`,
    doubt: "that the columns go together follows from the rows that came, not from a look at them; other causes are possible",
    fixes: [
      sql(
        "Take statistics of the columns together",
        [
          `CREATE STATISTICS ${created} (dependencies, ndistinct, mcv) ON ${names.map((name) => quoteName(name)).join(", ")} FROM ${qualified(table)}`,
          `ANALYZE ${qualified(table)}`,
        ],
        [`DROP STATISTICS ${created}`],
      ),
    ],
    evidence: [catalogEvidence(database)],
    ...statisticsToTry(step, columns, table),
  };
}

/** Equal to a constant each, of one table and in one go: what the degree of a dependency can be worked out for. */
function statisticsToTry({ node, plan, loops }: PlanStep, columns: readonly Column[], table: Table): Pick<Cause, "tries"> {
  const [one, other, ...more] = columns.map(({ name }) => name);
  const { sql } = plan;
  if (one === undefined || other === undefined || more.length > 0 || loops !== 1 || sql === null || node.actualRows === null) return {};
  const condition = [node.conditions.index ?? node.conditions.recheck, node.conditions.filter].flatMap((part) => part ?? []).join(" AND ");
  if (/\$\d/.test(`${condition} ${sql}`) || [...condition.matchAll(/[^<>!]=[^>]/g)].length < 2) return {};
  return {
    tries: {
      kind: "statistics",
      key: `statistics ${table.oid} ${one} ${other} ${namesDigest([sql, condition], 8)}`,
      table,
      columns: [one, other],
      condition,
      alias: node.alias ?? table.name,
      rows: node.actualRows,
      sql,
    },
  };
}

/** Of the values, what the list of common ones covers; this project's notes on statistics. */
const COVERED = 0.9;
const MANY_VALUES = 1_000;
const NEW_TARGET = 1_000;

function targetCause(columns: readonly Column[], table: Table, database: Database): Cause | null {
  const column = columns.find((one) => isTruncated(one, table));
  if (column === undefined) return null;
  const name = `ALTER TABLE ${qualified(table)} ALTER COLUMN ${quoteName(column.name)} SET STATISTICS`;
  return {
    ...NOTHING,
    reason: `The statistics keep ${formatNumber(column.statistics?.commonFrequencies?.length ?? 0)} common values of \`${column.name}\`; the others are taken to be equally rare.`,
    remedy: `Raise the statistics target of \`${column.name}\` to ${formatNumber(NEW_TARGET)}, and ANALYZE.`,
    doubt: "planning takes longer with longer lists",
    fixes: [
      sql(
        `Keep more common values of \`${column.name}\``,
        [`${name} ${NEW_TARGET}`, `ANALYZE ${qualified(table)}`],
        [`${name} ${column.statisticsTarget ?? -1}`, `ANALYZE ${qualified(table)}`],
      ),
    ],
    evidence: [catalogEvidence(database)],
  };
}

function isTruncated({ statistics, statisticsTarget }: Column, { reltuples }: Table): boolean {
  if (statistics === null || (statisticsTarget ?? 100) >= NEW_TARGET) return false;
  const covered = (statistics.commonFrequencies ?? []).reduce((sum, one) => sum + one, 0);
  const values = statistics.distinct < 0 ? -statistics.distinct * reltuples : statistics.distinct;
  return covered + statistics.nullFraction < COVERED && values > MANY_VALUES;
}

function ofUnknownSource({ type }: PlanNode): Cause {
  return {
    ...NOTHING,
    reason:
      type === "CTE Scan"
        ? "Of a CTE that is kept there are no statistics."
        : "Of a function's rows there are no statistics: it takes 1,000, or what the function's ROWS says.",
    remedy:
      type === "CTE Scan"
        ? "Write the CTE as a subquery (or NOT MATERIALIZED), so that the planner sees its tables."
        : "Declare ROWS for the function, or put its rows into a temporary table and ANALYZE that.",
    doubt: "other values may be guessed well",
  };
}

interface JoinedColumn {
  readonly table: Table;
  readonly column: string;
}

/** A join whose key the model has and the database does not. */
function ofJoin(node: PlanNode, database: Database): Cause {
  const condition = node.conditions.hash ?? node.conditions.merge ?? node.conditions.join ?? node.children[1]?.conditions.index ?? "";
  const tables = aliasesBelow(node, database);
  for (const [, a = "", b = "", c = "", d = ""] of condition.matchAll(/(\w+)\.(\w+) = (\w+)\.(\w+)/g)) {
    const [left, right] = [joined(tables, a, b), joined(tables, c, d)];
    if (left === null || right === null) continue;
    const found = undeclaredKey(left, right, database) ?? undeclaredKey(right, left, database);
    if (found !== null) return found;
  }
  return {
    ...UNKNOWN,
    reason: "Its inputs are as expected; how often their keys meet is not: some keys have far more rows than others, or none.",
    remedy: "Raise the statistics target of the columns that are joined, so that the most common keys are known.",
  };
}

function undeclaredKey(child: JoinedColumn, parent: JoinedColumn, database: Database): Cause | null {
  const field = database.fieldOf(child.table, child.column);
  if (field?.relation == null || (field.relation.kind !== "fk" && field.relation.kind !== "o2o")) return null;
  if (database.constraintsOf(child.table).some((one) => isKeyOf(one, child, parent))) return null;
  const declared = database.declarationOfColumn(child.table, child.column);
  return {
    ...NOTHING,
    reason: `\`${field.name}\` is a foreign key in the model; the database does not know it, so that the planner does not either.`,
    remedy: "Declare it in the database too: `db_constraint=True` and a migration, or `ALTER TABLE … ADD FOREIGN KEY … NOT VALID` and `VALIDATE CONSTRAINT`.",
    doubt: "rows that refer to nothing have to be cleared away first",
    evidence: [catalogEvidence(database)],
    spots: declared === null ? [] : [{ role: "definition", span: declared.span, label: "the key in the model" }],
  };
}

function isKeyOf({ kind, columns, references }: Constraint, child: JoinedColumn, parent: JoinedColumn): boolean {
  return kind === "foreign" && columns.includes(child.column) && references?.table === parent.table.oid;
}

function aliasesBelow(node: PlanNode, database: Database): ReadonlyMap<string, Table> {
  const table = node.relation === null ? null : database.tableNamed(node.relation);
  const own: (readonly [string, Table])[] = table === null ? [] : [[node.alias ?? node.relation ?? "", table]];
  return new Map([...own, ...node.children.flatMap((one) => [...aliasesBelow(one, database)])]);
}

function joined(tables: ReadonlyMap<string, Table>, alias: string, column: string): JoinedColumn | null {
  const table = tables.get(alias);
  return table === undefined ? null : { table, column };
}

/** Columns of the table that a condition names, its values taken out. */
function columnsIn(condition: string, table: Table): Column[] {
  const words = new Set(condition.replaceAll(/'(?:[^']|'')*'/g, "").match(/[A-Za-z_][\w$]*/g) ?? []);
  return table.columns.filter(({ name }) => words.has(name));
}

/** A column may have the name of a keyword. */

const qualified = ({ schema, name }: Table): string => `${quoteName(schema)}.${quoteName(name)}`;

function sql(title: string, forward: readonly string[], reverse: readonly string[]): FixDraft {
  return { title, kind: "sql", safety: "review", edits: [], sql: { forward, reverse, isTransactional: true } };
}
