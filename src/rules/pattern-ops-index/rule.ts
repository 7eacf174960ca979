import { addIndex, type IndexKeySpec } from "../../fixes/migrations/index.ts";
import type { Column, DatabaseInput, Index, Rule, Spot, Table } from "../../model/index.ts";
import { hasKey, judgeStatements, statementsAsk, type IndexCandidate } from "../database/index-candidate.ts";
import { ownIndexes } from "../database/index-figures.ts";
import { isByteOrder } from "../database/like-twin.ts";
import { shortName } from "../database/names.ts";
import { NOT_COMPARED, proposalOf } from "../database/proposal.ts";
import { patternKinds, patternsBy } from "../database/pattern-kind.ts";
import { conditionsOf, statementsIn, usesOf, type ColumnCondition } from "../database/statement-use.ts";

export const rule: Rule = {
  meta: {
    id: "pattern-ops-index",
    chapter: "1.2",
    summary: "Statements ask for the beginning of a text, and no index is ordered for that",
    severity: "warning",
    confidence: "likely",
    fix: "always",
    stage: "stable",
    needs: ["database"],
  },
  proposes: true,
  judge: (input) => judgeStatements(input, "pattern-ops-index", (table) => candidatesOf(table, input)),
};

const CLASSES: Readonly<Record<string, string>> = { text: "text_pattern_ops", varchar: "varchar_pattern_ops", bpchar: "bpchar_pattern_ops" };

function candidatesOf(table: Table, input: DatabaseInput): readonly IndexCandidate[] {
  const conditions = usesOf(table, input.database).flatMap((use) => conditionsOf(use));
  return table.columns.flatMap((column) => {
    const own = conditions.filter((one) => one.column === column.name && one.predicate.operator === "like");
    return CLASSES[column.typeName] === undefined || own.length === 0 ? [] : patternsBy(own).flatMap((one) => candidateOf(table, column, one, input));
  });
}

interface Patterns {
  readonly how: "plain" | "upper";
  readonly conditions: readonly ColumnCondition[];
}

function candidateOf(table: Table, column: Column, { how, conditions }: Patterns, input: DatabaseInput): readonly IndexCandidate[] {
  const { database } = input;
  const kinds = patternKinds(table, column.name, how, conditions, input);
  const wrapper = how === "upper" ? "upper" : null;
  if (!kinds.beginning || hasKey(table, database, { column: column.name, function: wrapper, operatorClass: /(?:pattern|trgm)_ops$/ })) return [];
  const plain = plainIndex(table, column, how, database);
  if (plain !== null && isByteOrder(plain.keys[0]?.collation ?? null, database)) return [];
  const statements = statementsIn(conditions);
  const subject = how === "upper" ? `UPPER(${column.name})` : column.name;
  const byteOrder = isByteOrder(column.collation ?? "default", database);
  const operatorClass = how === "upper" ? "text_pattern_ops" : (CLASSES[column.typeName] ?? "text_pattern_ops");
  const ordered = byteOrder ? {} : { operatorClass };
  const key: IndexKeySpec =
    how === "upper" ? { kind: "function", function: "upper", column: column.name, ...ordered } : { kind: "column", column: column.name, ...ordered };
  return [
    {
      table,
      key: [column.name, how],
      columns: [column.name],
      statements,
      claim: `${statementsAsk(statements, "asks", "ask")} for beginnings of \`${subject}\` of \`${shortName(table)}\`, ${plain === null ? "which has no index" : `which \`${shortName(plain)}\` is not ordered for`}.`,
      reason: byteOrder
        ? "Without an index every row is compared."
        : `Under collation \`${collationOf(plain, column, input)}\` texts are not ordered letter by letter, so LIKE takes no range of an index in that order; one with \`${operatorClass}\` it does.`,
      remedy: `Add an index on \`${subject}\`${byteOrder ? "" : ` with \`${operatorClass}\``}.`,
      doubt: `${kinds.inside ? "the same statement also asks for parts inside, which this index does not serve; " : ""}a pattern of one or two letters finds many rows; a prepared statement with a generic plan cannot use it; ${NOT_COMPARED}`,
      indexes: plain === null ? [] : [[plain, "serves equality and order, not LIKE"]],
      spots: kinds.beginnings.map(({ span }): Spot => ({ role: "queryset", span })),
      fixes: [addIndex(input, table, { keys: [key] })],
      proposes: proposalOf({ table, spec: { keys: [key] }, statements }, database),
    },
  ];
}

/** A B-tree that begins with the text in the order of its collation. */
function plainIndex(table: Table, column: Column, how: "plain" | "upper", database: DatabaseInput["database"]): Index | null {
  return (
    ownIndexes(table, database).find(
      ({ valid, method, predicate, keys: [key] }) =>
        valid &&
        method === "btree" &&
        predicate === null &&
        key !== undefined &&
        (how === "plain" ? key.column === column.name : key.expression?.toLowerCase().startsWith("upper(") === true && key.expression.includes(column.name)),
    ) ?? null
  );
}

function collationOf(plain: Index | null, column: Column, { database }: DatabaseInput): string {
  const name = plain?.keys[0]?.collation ?? column.collation ?? "default";
  return name === "default" ? database.catalog.database.collate : name;
}
