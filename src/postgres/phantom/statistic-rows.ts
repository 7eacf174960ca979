/** Statements that put statistics into `pg_statistic`, with the oids of the server that they go to. */
import type { PlannerData, StatisticFigures, StatisticSlot } from "../../model/index.ts";
import { quoteLiteral, quoteName } from "../quote.ts";

/** Where a row goes to: its relation and attribute there, and SQL that gives the type of its values as an oid. */
export interface StatisticTarget {
  readonly relation: number;
  readonly attribute: number;
  readonly type: string;
}

const SLOTS = [0, 1, 2, 3, 4] as const;
const SLOT_COLUMNS = ["stakind", "staop", "stacoll", "stanumbers", "stavalues"] as const;
const COLUMNS = [
  "starelid",
  "staattnum",
  "stainherit",
  "stanullfrac",
  "stawidth",
  "stadistinct",
  ...SLOT_COLUMNS.flatMap((name) => SLOTS.map((index) => `${name}${index + 1}`)),
];

/** Kinds of slots whose values are not of the column's own type. */
const KIND = { elements: 4, rangeLengths: 6, rangeBounds: 7 } as const;

export type Names = Pick<PlannerData, "operators" | "collations">;

/** One row a statement: arrays of different types cannot stand in one column of a list of values. */
export function insertStatistics(target: StatisticTarget, inherited: boolean, figures: StatisticFigures, names: Names): string {
  const { relation, attribute } = target;
  return `INSERT INTO pg_catalog.pg_statistic (${COLUMNS.join(", ")}) VALUES (${[relation, attribute, inherited, ...figureValues(figures, target.type, names)].join(", ")})`;
}

/** A row of `pg_statistic` as a value, as extended statistics hold it of an expression. */
export function statisticValue(figures: StatisticFigures, type: string, names: Names): string {
  return `ROW(0, 0, false, ${figureValues(figures, type, names).join(", ")})::pg_catalog.pg_statistic`;
}

function figureValues({ nullFraction, width, distinct, slots }: StatisticFigures, type: string, names: Names): string[] {
  const each = (write: (slot: StatisticSlot) => string, otherwise: string): string[] =>
    SLOTS.map((index) => (slots[index] === undefined ? otherwise : write(slots[index])));
  return [
    `${quoteLiteral(nullFraction)}::pg_catalog.float4`,
    `${Number(width)}`,
    `${quoteLiteral(distinct)}::pg_catalog.float4`,
    ...each(({ kind }) => `${Number(kind)}::pg_catalog.int2`, "0::pg_catalog.int2"),
    ...each(({ operator }) => named(names.operators[operator], "regoperator"), "0::pg_catalog.oid"),
    ...each(({ collation }) => named(names.collations[collation], "regcollation"), "0::pg_catalog.oid"),
    ...each(({ numbers }) => (numbers === null ? "NULL" : quoteLiteral(numbers)) + "::pg_catalog.float4[]", "NULL::pg_catalog.float4[]"),
    ...each((slot) => values(slot, type), "NULL"),
  ];
}

function named(name: string | undefined, type: "regoperator" | "regcollation"): string {
  return name === undefined ? "0::pg_catalog.oid" : `${quoteLiteral(name)}::pg_catalog.${type}::pg_catalog.oid`;
}

/** Text becomes an array of the values' type there, so that what has another oid there (enums, extensions' types) comes back right. */
function values({ kind, values: text }: StatisticSlot, type: string): string {
  return text === null ? "NULL" : `pg_catalog.array_in(${quoteLiteral(text)}::pg_catalog.cstring, (${elementType(kind, type)})::pg_catalog.oid, -1)`;
}

function elementType(kind: number, type: string): string {
  if (kind === KIND.rangeLengths) return "'pg_catalog.float8'::pg_catalog.regtype";
  // Lexemes are text.
  if (kind === KIND.elements)
    return `coalesce((SELECT nullif(t.typelem, 0) FROM pg_catalog.pg_type t WHERE t.oid = ${type} AND t.typcategory = 'A'), 'pg_catalog.text'::pg_catalog.regtype)`;
  if (kind === KIND.rangeBounds)
    return `coalesce((SELECT r.rngtypid FROM pg_catalog.pg_range r WHERE pg_catalog.to_jsonb(r)->>'rngmultitypid' = (${type})::pg_catalog.text), ${type})`;
  return type;
}

export function typeOfExpression(table: string, expression: string): string {
  return `SELECT pg_catalog.pg_typeof(${expression})::pg_catalog.oid::pg_catalog.int8 AS type FROM (SELECT (NULL::${table}).*) ${quoteName("row")}`;
}
