/** Lookups that the project's own querysets write on a column. */
import type { ChainCall, ClassInfo, DatabaseInput, Expr, Field, Keyword, Model, RuleInput, Span, Table } from "../../model/index.ts";
import { calledName, callSpan, chainsIn, keywordLookups, lookupOf } from "../chains.ts";

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

/** Where `update()` of a queryset sets the column. */
export function updatesOf(table: Table, column: string, { source, database }: DatabaseInput): readonly Span[] {
  const field = source === null ? null : database.fieldOf(table, column);
  if (source === null || field === null) return [];
  return chainsIn(source).flatMap(({ model, calls }) =>
    calls.flatMap((call) =>
      call.name === "update" &&
      keywordLookups(source, model, call).some(
        ({ fields: [own, other], rest }) => other === undefined && rest.length === 0 && own !== undefined && fieldKey(own) === fieldKey(field),
      )
        ? [callSpan(call)]
        : [],
    ),
  );
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
      for (const { keyword, isNegated } of written(call)) {
        const { fields, rest } = lookupOf(source, model, keyword.name);
        const field = fields.at(-1);
        if (field === undefined) continue;
        const isLookup = LOOKUPS.has(rest.at(-1) ?? "");
        const lookup = {
          lookup: isLookup ? (rest.at(-1) ?? "exact") : "exact",
          transforms: isLookup ? rest.slice(0, -1) : rest,
          value: keyword.value,
          isExcluded: (call.name === "exclude") !== isNegated,
          span: callSpan(call),
        };
        found.set(fieldKey(field), [...(found.get(fieldKey(field)) ?? []), lookup]);
      }
    }
  }
  for (const [field, lookup] of filterSetLookups(source)) found.set(fieldKey(field), [...(found.get(fieldKey(field)) ?? []), lookup]);
  known.set(source, found);
  return found;
}

interface WrittenKeyword {
  readonly keyword: Keyword;
  readonly isNegated: boolean;
}

/** Those of `Q` objects too, which stand among the arguments. */
function written({ keywords, args }: ChainCall): readonly WrittenKeyword[] {
  const named = keywords.filter(({ name }) => name !== "").map((keyword) => ({ keyword, isNegated: false }));
  return [...named, ...args.flatMap((one) => ofQ(one, false))];
}

function ofQ(expr: Expr, isNegated: boolean): readonly WrittenKeyword[] {
  if (expr.kind === "binary") return [...ofQ(expr.left, isNegated), ...ofQ(expr.right, isNegated)];
  if (expr.kind === "unary") return ofQ(expr.operand, isNegated !== (expr.operator === "~"));
  if (expr.kind !== "call" || calledName(expr) !== "Q") return [];
  const own = expr.keywords.filter(({ name }) => name !== "").map((keyword) => ({ keyword, isNegated }));
  return [...own, ...expr.args.flatMap((one) => ofQ(one, isNegated))];
}

const FILTERS: ReadonlySet<string> = new Set(["filter", "exclude", "get"]);
const LOOKUPS: ReadonlySet<string> = new Set([
  "exact",
  "iexact",
  "contains",
  "icontains",
  "startswith",
  "istartswith",
  "endswith",
  "iendswith",
  "regex",
  "iregex",
  "gt",
  "gte",
  "lt",
  "lte",
  "in",
  "range",
  "isnull",
  "has_key",
  "has_keys",
  "has_any_keys",
  "contained_by",
  "overlap",
  "search",
  "trigram_similar",
  "trigram_word_similar",
  "trigram_strict_word_similar",
]);

/** `title = CharFilter(lookup_expr="icontains")` of a django-filter FilterSet, whose Meta names the model. */
function filterSetLookups(source: RuleInput): readonly (readonly [Field, WrittenLookup])[] {
  const { program } = source;
  const sets = program.classes.filter((cls) => cls.module.origin === "project" && FILTER_SETS.some((name) => program.isSubclass(cls, name)));
  return sets.flatMap((cls) => {
    const model = modelOfMeta(cls, source);
    if (model === null) return [];
    return [...cls.members].flatMap(([name, definitions]) =>
      definitions.flatMap((one) =>
        one.kind === "variable" && one.value?.kind === "call" ? filterLookup(name, one.value, model, cls.module.ir.file, source) : [],
      ),
    );
  });
}

const FILTER_SETS: readonly string[] = [
  "django_filters.FilterSet",
  "django_filters.filterset.FilterSet",
  "django_filters.rest_framework.FilterSet",
  "django_filters.rest_framework.filterset.FilterSet",
];

function modelOfMeta(cls: ClassInfo, { program, graph }: RuleInput): Model | null {
  const meta = program.member(cls, "Meta");
  if (meta?.definition.kind !== "class") return null;
  const model = program.member(meta.definition.cls, "model")?.definition;
  const value = model?.kind === "variable" ? model.value : null;
  const symbol = value?.kind === "name" ? program.resolve(meta.owner.module, value.name) : null;
  return symbol?.kind === "class" ? ([...graph.models.values()].find((one) => one.cls === symbol.cls) ?? null) : null;
}

function filterLookup(
  name: string,
  call: Extract<Expr, { kind: "call" }>,
  model: Model,
  file: string,
  source: RuleInput,
): readonly (readonly [Field, WrittenLookup])[] {
  const text = (key: string): string | null => {
    const value = call.keywords.find((one) => one.name === key)?.value;
    return value?.kind === "str" ? value.value : null;
  };
  const field = lookupOf(source, model, text("field_name") ?? name).fields.at(-1);
  const parts = (text("lookup_expr") ?? "exact").split("__");
  const lookup = parts.at(-1) ?? "exact";
  return field === undefined
    ? []
    : [[field, { lookup, transforms: parts.slice(0, -1), value: call, isExcluded: false, span: { file, start: call.start, end: call.end } }]];
}

/** The same declaration is the same field, whichever model inherits it. */
const fieldKey = ({ span, name }: Field): string => `${span.file}:${span.start}:${name}`;
