import { addIndex, createIndexSql, type IndexSpec } from "../../fixes/migrations/index.ts";
import type { Column, DatabaseInput, FixDraft, Rule, Spot, Statement, Table } from "../../model/index.ts";
import { quoteQualified } from "../../postgres/quote.ts";
import { hasKey, judgeStatements, statementsAsk, type IndexCandidate } from "../database/index-candidate.ts";
import { ownIndexes } from "../database/index-figures.ts";
import { lookupsOn } from "../database/lookups.ts";
import { shortName } from "../database/names.ts";
import { NOT_COMPARED, proposalOf } from "../database/proposal.ts";
import { timeKey } from "./time-expression.ts";
import { conditionsOf, functionsAround, statementsIn, usesOf, type ColumnCondition } from "../database/statement-use.ts";

export const rule: Rule = {
  meta: {
    id: "expression-index",
    chapter: "1.2",
    summary: "Statements compare a function of a column that no index holds",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  proposes: true,
  judge: (input) => judgeStatements(input, "expression-index", (table) => candidatesOf(table, input)),
};

/** Comparisons that a B-tree on the expression serves. */
const COMPARED: ReadonlySet<string> = new Set(["=", "in", "<", "<=", ">", ">=", "between"]);
const DATES: ReadonlySet<string> = new Set(["date", "timestamp", "timestamptz"]);

type Kind = "upper" | "lower" | "date" | "part";

function candidatesOf(table: Table, input: DatabaseInput): readonly IndexCandidate[] {
  const conditions = usesOf(table, input.database).flatMap((use) =>
    conditionsOf(use).filter(({ predicate }) => COMPARED.has(predicate.operator) && !predicate.negated),
  );
  return table.columns.flatMap((column) => {
    const own = conditions.filter((one) => one.column === column.name);
    return KINDS.flatMap((kind) => candidateOf({ table, column, kind, conditions: own.filter((one) => kindOf(one, column) === kind), input }));
  });
}

const KINDS: readonly Kind[] = ["upper", "lower", "date", "part"];

function kindOf(condition: ColumnCondition, { typeName }: Column): Kind | null {
  const [first, ...others] = functionsAround(condition);
  if ((first === "upper" || first === "lower") && others.length === 0) return first;
  if (!DATES.has(typeName) || others.some((one) => one !== "timezone")) return null;
  if (first === "extract" || first === "date_part") return "part";
  const isDate = first === "date_trunc" || condition.wrappers[0] === "cast:date";
  return isDate && (first === undefined || first === "timezone" || first === "date_trunc") ? "date" : null;
}

interface Asked {
  readonly table: Table;
  readonly column: Column;
  readonly kind: Kind;
  readonly conditions: readonly ColumnCondition[];
  readonly input: DatabaseInput;
}

function candidateOf(asked: Asked): readonly IndexCandidate[] {
  const { table, column, kind, conditions, input } = asked;
  if (conditions.length === 0 || isServed(asked)) return [];
  const statements = statementsIn(conditions);
  const subject = kind === "upper" || kind === "lower" ? `${kind.toUpperCase()}(${column.name})` : `the ${kind === "date" ? "day" : "parts"} of ${column.name}`;
  const plain = ownIndexes(table, input.database).find(({ valid, method, keys }) => valid && method === "btree" && keys[0]?.column === column.name);
  return [
    {
      table,
      key: [column.name, kind],
      columns: [column.name],
      statements,
      claim: `${statementsAsk(statements, "compares", "compare")} ${kind === "upper" || kind === "lower" ? `\`${subject}\`` : subject} of \`${shortName(table)}\`, which no index holds${plain === undefined ? "" : `; \`${shortName(plain)}\` holds the plain column`}.`,
      reason: "An index finds what it holds: the function is computed for every row before it is compared.",
      remedy: remedyOf(kind, column),
      doubt: `an index on an expression is written with every change of \`${column.name}\`, and needs ANALYZE for good estimates; ${NOT_COMPARED}`,
      indexes: plain === undefined ? [] : [[plain, "on the plain column"]],
      spots: linesOf(asked),
      ...changeOf(asked, statements),
    },
  ];
}

/** Citext compares without case by itself, and so does a unique index on the expression. */
function isServed({ table, column, kind, input: { database } }: Asked): boolean {
  if (kind === "upper" || kind === "lower") return hasKey(table, database, { column: column.name, function: kind });
  const inside = ownIndexes(table, database).flatMap(({ valid, keys: [key] }) =>
    valid && key !== undefined && key.expression !== null && key.expression.includes(column.name) ? [key.expression.toLowerCase()] : [],
  );
  return inside.some((expression) => (kind === "part" ? /extract|date_part/.test(expression) : /::date|date_trunc/.test(expression)));
}

function remedyOf(kind: Kind, column: Column): string {
  const { name } = column;
  if (kind === "upper" || kind === "lower") return `Add an index on \`${kind === "upper" ? "Upper" : "Lower"}("${name}")\`.`;
  if (kind === "date")
    return `Ask for a range, \`${name}__gte\` and \`${name}__lt\`, which an index on \`${name}\` serves; a day of a time zone needs no index of its own then.`;
  return column.typeName === "date"
    ? `Add an index on the part that is asked for, or keep it in a column of its own.`
    : `Ask for a range where one exists; a month of every year needs a column of its own, or an index on the part in a fixed time zone.`;
}

const LOOKUPS: Readonly<Record<Kind, { readonly lookups: readonly string[]; readonly transforms: readonly string[] }>> = {
  upper: { lookups: ["iexact"], transforms: ["upper"] },
  lower: { lookups: [], transforms: ["lower"] },
  date: { lookups: [], transforms: ["date"] },
  part: { lookups: [], transforms: ["month", "day", "week_day", "week", "quarter", "hour"] },
};

function linesOf({ table, column, kind, input }: Asked): readonly Spot[] {
  const { lookups, transforms } = LOOKUPS[kind];
  return lookupsOn(table, column.name, input).flatMap((one) =>
    lookups.includes(one.lookup) || one.transforms.some((name) => transforms.includes(name)) ? [{ role: "queryset" as const, span: one.span }] : [],
  );
}

function changeOf({ table, column, kind, input }: Asked, statements: readonly Statement[]): Pick<IndexCandidate, "fixes" | "proposes"> {
  if (kind !== "upper" && kind !== "lower") return ofTime({ table, column, kind, input }, statements);
  const spec: IndexSpec = { keys: [{ kind: "function", function: kind, column: column.name }] };
  return { fixes: [addIndex(input, table, spec)], proposes: proposalOf({ table, spec, statements }, input.database) };
}

/** For times there is a better way than an index where they can be a range; an index on the expression serves the statements as they are, in one time zone. */
function ofTime(
  { table, column, kind, input: { database } }: Pick<Asked, "table" | "column" | "input"> & { readonly kind: "date" | "part" },
  statements: readonly Statement[],
): Pick<IndexCandidate, "fixes" | "proposes"> {
  const key = timeKey(kind, column, statements);
  if (key === null) return { fixes: [] };
  const spec: IndexSpec = { keys: [key], name: `${table.name}_${column.name}_${kind}_idx`.slice(0, LONGEST_NAME) };
  const isConcurrent = table.kind !== "partitioned";
  const fix: FixDraft = {
    title: `Add an index on the ${kind === "date" ? "day" : "part"} of \`${column.name}\`, where it cannot be a range`,
    kind: "sql",
    safety: "review",
    edits: [],
    sql: {
      forward: [createIndexSql(spec, spec.name ?? "", table, isConcurrent), `ANALYZE ${quoteQualified(table)}`],
      reverse: [`DROP INDEX${isConcurrent ? " CONCURRENTLY" : ""} ${quoteQualified({ schema: table.schema, name: spec.name ?? "" })}`],
      isTransactional: false,
    },
  };
  return { fixes: [fix], proposes: proposalOf({ table, spec, statements }, database) };
}

/** PostgreSQL's own limit. */
const LONGEST_NAME = 63;
