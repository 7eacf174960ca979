/** Querysets that are ordered and then sliced, and the columns that order them. */
import type { DatabaseInput, Model, RuleInput, Span, Table } from "../../model/index.ts";
import { pathTo } from "../../python/syntax-tree.ts";
import { chainsIn, keywordLookups, lookupOf, textArguments, type Chain } from "../chains.ts";
import { tableOfModel } from "../database/table-size.ts";

export interface SortSite {
  readonly table: Table;
  readonly model: string;
  readonly columns: readonly string[];
  readonly equal: ReadonlySet<string>;
  readonly span: Span;
  readonly symbol: string;
}

export function sortsIn(input: DatabaseInput): SortSite[] {
  const { source } = input;
  return source === null ? [] : chainsIn(source).flatMap((chain) => siteOf(chain, source, input));
}

/** Methods that keep rows and their order as the lookups say. */
const PLAIN: ReadonlySet<string> = new Set([
  "all",
  "filter",
  "order_by",
  "select_related",
  "prefetch_related",
  "only",
  "defer",
  "values",
  "values_list",
  "using",
]);

function siteOf(chain: Chain, source: RuleInput, input: DatabaseInput): SortSite[] {
  const { calls, model, span, origin } = chain;
  const order = calls.findLast(({ name }) => name === "order_by");
  if (order === undefined || calls.some(({ name }) => !PLAIN.has(name)) || origin.kind !== "manager" || !isSliced(chain, source)) return [];
  const columns = textArguments(order).map((text) => columnOf(text.replace(/^[-+]/, ""), model, source));
  const table = tableOfModel(model.label, input);
  if (table === null || columns.length !== order.args.length || columns.length === 0) return [];
  const equal = equalColumns(chain, source);
  const named = columns.flatMap((one) => one ?? []);
  return equal === null || named.length !== columns.length ? [] : [{ table, model: model.label, columns: named, equal, span, symbol: origin.symbol }];
}

function isSliced({ span }: Chain, source: RuleInput): boolean {
  return pathTo(source.program, span).some(
    (node) =>
      node.kind === "subscript" && node.index.kind === "slice" && node.object.start === span.start && node.object.end === span.end && node.index.upper !== null,
  );
}

/** Own column of a field; null across a relation. */
function columnOf(path: string, model: Model, source: RuleInput): string | null {
  const { fields, rest } = lookupOf(source, model, path);
  const [field] = fields;
  return fields.length === 1 && rest.length === 0 && field !== undefined ? (field.column ?? null) : null;
}

/** Columns that filters compare with `=`; null where a filter is anything else, of which nothing is known. */
function equalColumns({ calls, model }: Chain, source: RuleInput): ReadonlySet<string> | null {
  const filters = calls.filter(({ name }) => name === "filter");
  if (filters.some(({ args }) => args.length > 0)) return null;
  const columns = filters
    .flatMap((call) => keywordLookups(source, model, call))
    .map(({ fields, rest }) => (fields.length === 1 && (rest.length === 0 || rest[0] === "exact") ? (fields[0]?.column ?? null) : null));
  return columns.includes(null) ? null : new Set(columns.flatMap((one) => one ?? []));
}
