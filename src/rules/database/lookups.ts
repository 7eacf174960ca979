/** Lookups that the project's own querysets write on a column. */
import type { DatabaseInput, Expr, Field, RuleInput, Span, Table } from "../../model/index.ts";
import { callSpan, chainsIn, keywordLookups } from "../chains.ts";

export interface WrittenLookup {
  /** `startswith`, `icontains`; `exact` where none is written. */
  readonly lookup: string;
  /** Transforms before it: `date`, `year`. */
  readonly transforms: readonly string[];
  readonly value: Expr;
  /** Within `exclude()`. */
  readonly isExcluded: boolean;
  readonly span: Span;
}

export function lookupsOn(table: Table, column: string, { source, database }: DatabaseInput): readonly WrittenLookup[] {
  if (source === null) return [];
  const field = database.fieldOf(table, column);
  return field === null ? [] : (lookupsIn(source).get(fieldKey(field)) ?? []);
}

type Lookups = ReadonlyMap<string, readonly WrittenLookup[]>;

const known = new WeakMap<RuleInput, Lookups>();

/** One pass over all querysets, for every column that is asked about. */
function lookupsIn(source: RuleInput): Lookups {
  const before = known.get(source);
  if (before !== undefined) return before;
  const found = new Map<string, WrittenLookup[]>();
  for (const { model, calls } of chainsIn(source)) {
    for (const call of calls) {
      if (!FILTERS.has(call.name)) continue;
      for (const { keyword, fields, rest } of keywordLookups(source, model, call)) {
        const field = fields.at(-1);
        if (field === undefined) continue;
        const isLookup = LOOKUPS.has(rest.at(-1) ?? "");
        const lookup = { lookup: isLookup ? (rest.at(-1) ?? "exact") : "exact", transforms: isLookup ? rest.slice(0, -1) : rest, value: keyword.value, isExcluded: call.name === "exclude", span: callSpan(call) };
        found.set(fieldKey(field), [...(found.get(fieldKey(field)) ?? []), lookup]);
      }
    }
  }
  known.set(source, found);
  return found;
}

const FILTERS: ReadonlySet<string> = new Set(["filter", "exclude", "get"]);
const LOOKUPS: ReadonlySet<string> = new Set(["exact", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "regex", "iregex", "gt", "gte", "lt", "lte", "in", "range", "isnull", "has_key", "has_keys", "has_any_keys", "contained_by", "overlap", "search", "trigram_similar"]);

/** The same declaration is the same field, whichever model inherits it. */
const fieldKey = ({ span, name }: Field): string => `${span.file}:${span.start}:${name}`;
