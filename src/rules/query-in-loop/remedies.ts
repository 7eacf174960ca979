/** What one statement can ask for all rounds at once, by what each round asks. */
import type { Call, ChainCall, Expr, Field, Model, QueryRun, RuleInput, Span, Write } from "../../model/index.ts";
import { isAtLeast } from "../../model/django-at-least.ts";
import { capitalised } from "../../model/capitals.ts";
import { areRowsUsedElsewhere, comparedWithNone, isOnlyTested, nameOf, subjectOf } from "../runs.ts";
import { moduleOf, nodesIn, pathTo } from "../../python/syntax-tree.ts";
import { callAt, chainHead, changedNames, exprAt, functionAt, isSame, localValuesOf } from "../code.ts";
import { ownCalls } from "../../fixes/chain-edit.ts";
import { chainTo, fieldNamed, type Lookup, keywordLookups } from "../chains.ts";
import { holderName } from "../names.ts";
import { isDecidedByRounds, isGivenTheSame, isInSerializer, isModelName, type Round, varies, writesRowsOf } from "../same-rounds.ts";
import { isSameSpan, isWithin } from "../../model/span.ts";

/** What differs from round to round in a query's conditions. */
interface Keys {
  /** Names in lookups, `customer` of `filter(customer=row)`. */
  readonly names: readonly string[];
  /** The one field that is compared, where it is the model's own. */
  readonly field: Field | null;
  /** Those of them that a row does not tell of itself: they lead over a relation, or name a part of a date. */
  readonly beyondRow: readonly string[];
  /** Every round's values can stand in one list: no `__lt`, no `Q`. */
  readonly isPlain: boolean;
  /** The relation of the loop's rows that leads to what is asked: the other end of the key's, or the row's own whose key is given. */
  readonly back: Field | null;
  /** No two rounds ask with the same key. */
  readonly isRowsOwn: boolean;
  /** Every condition is one of the keys. */
  readonly isWhole: boolean;
  /** Each round takes the first of its rows. */
  readonly isSliced: boolean;
  /** The rows hold the number that is asked for as a text. */
  readonly isTextOfNumber: boolean;
  /** Each round asks for a stretch of its own, `date__gte=row.start`, or works out columns by values of its own. */
  readonly isApart: boolean;
  /** Names of lookups whose value may be None: `filter(parent=None)` finds rows without one, `parent__in=[None]` none. */
  readonly nullable: readonly string[];
}

const CONDITIONS: ReadonlySet<string> = new Set(["filter", "get", "get_object_or_404", "aget", "aget_object_or_404"]);
const ONE: ReadonlySet<string> = new Set(["get", "first", "last", "latest", "earliest", "index"]);
const TESTS: ReadonlySet<string> = new Set(["exists", "contains", "bool"]);

export function remedyOf(round: Round, input: RuleInput): string {
  const { run } = round;
  const relation = relationOfRounds(round, input);
  const how = asksFor(run, input);
  if (isGivenTheSame(round, input)) return handed(isDecidedByRounds(round, input) ? ONCE_BUT : ONCE, run, input);
  const calls = callsOf(run);
  const annotated = calls.findIndex(({ name }) => name === "annotate");
  if (how === "aggregate" && annotated >= 0) return OF_GROUPS;
  if (!ONE.has(how) && how !== "count" && !TESTS.has(how) && calls.slice(0, Math.max(annotated, 0)).some(isGrouping)) return groupsOf(keysOf(round, input));
  const keys = keysOf(round, input);
  if (relation === null && !keys.isPlain && run.calls.length > 0 && isOverridden(run.span, input)) return BY_CLASS;
  const remedy = relation === null ? `${byKeys(how, keys)}${keys.isPlain ? withoutNull(keys) : ""}` : ofRelation(run, how, relation);
  return handed(remedy, run, input);
}

const BY_CLASS = "Have the method that asks answer for the rows of all rounds at once, in each of the classes that have one of their own.";

/** Several classes have the method: what each asks cannot be said for all of them. */
function isOverridden(span: Span, { program }: RuleInput): boolean {
  const path = pathTo(program, span);
  const holder = functionAt(path);
  const owner = program.classes.find(({ def }) => def === path.findLast(({ kind }) => kind === "class"));
  if (owner === undefined || holder?.kind !== "function") return false;
  return program.classes.some(
    (one) =>
      one !== owner &&
      one.module.origin === "project" &&
      one.members.has(holder.name) &&
      (program.mro(one).includes(owner) || program.mro(owner).includes(one)),
  );
}

/** Of the chain that runs, and of the queryset's first expression: what other chains make of it is theirs. */
function callsOf({ origin, span }: QueryRun): readonly ChainCall[] {
  const tip = origin.calls.find((call) => call.file === span.file && call.start === span.start && call.end === span.end);
  return tip === undefined ? origin.calls : [...ownCalls(origin), ...chainTo(tip, origin.calls)];
}

const ONCE = "Run it once before the loop.";
const ONCE_BUT = "The query is given the same in each round: where what the loop writes leaves its answer alone, run it once before the loop.";

function handed(remedy: string, run: QueryRun, input: RuleInput): string {
  const written = run.isAsync ? awaited(remedy) : remedy;
  return run.calls.length === 0 || run.inTemplate ? written : `${written} ${handedTo(run, input)}`;
}

/** A coroutine that goes through a queryset as other code does gets a SynchronousOnlyOperation. */
function awaited(remedy: string): string {
  return remedy.replaceAll("`in_bulk(", "`await ….ain_bulk(").replaceAll(/`set\((.+?)\)`/g, "`{key async for key in $1}`");
}

/** `if rows:` fetches them: where something else reads them, they are what is wanted. `if rows.count():` wants no number. */
function asksFor(run: QueryRun, input: RuleInput): string {
  const { how, span } = run;
  if (isLoadedToo(run, input)) return "iterate";
  const expr = how === "bool" || how === "count" ? exprAt(input, span) : null;
  if (expr === null) return how;
  if (how === "count") return isOnlyTested(input, span.file, expr) || comparedWithNone(input, span.file, expr) !== null ? "exists" : how;
  return areRowsUsedElsewhere(input, span.file, expr) ? "iterate" : how;
}

const LOADS: ReadonlySet<string> = new Set(["iterate", "list", "len", "sorted", "unpack"]);

/** `rows.count()`, and then a loop over `rows`: once the rows are there, they answer the question too. */
function isLoadedToo({ how, span, origin, loop }: QueryRun, input: RuleInput): boolean {
  const asked = exprAt(input, span);
  if ((how !== "count" && how !== "exists") || loop === null || asked?.kind !== "call" || asked.callee.kind !== "attribute") return false;
  const { object: rows } = asked.callee;
  return (
    rows.kind === "name" &&
    input.facts.runs.some((other) => {
      const same =
        LOADS.has(other.how) && other.origin === origin && other.loop !== null && isSameSpan(other.loop.span, loop.span) ? subjectOf(input, other) : null;
      return same?.kind === "name" && same.name === rows.name && functionAt(pathTo(input.program, other.span)) === functionAt(pathTo(input.program, span));
    })
  );
}

function byKeys(how: string, keys: Keys): string {
  if (how === "count") return grouped(keys, "a subquery that counts", 'annotate(n=Count("pk"))');
  if (how === "aggregate") return grouped(keys, "the same aggregate in a subquery", "annotate(…)");
  if (TESTS.has(how)) return tested(keys);
  return ONE.has(how) ? oneRow(how, keys) : manyRows(keys);
}

function withoutNull({ nullable }: Keys): string {
  if (nullable.length === 0) return "";
  const asked = nullable.map((name) => `\`${name}__isnull=True\``).join(", ");
  return ` \`__in\` finds no NULL: rounds whose key is None need the rows with ${asked} as well.`;
}

/** `user__in=…`, and of rows that do not tell for which key they came, that key. */
function forAll({ names, beyondRow }: Keys): string {
  const told = beyondRow.map((name, at) => `key${at === 0 ? "" : at + 1}=F("${name}")`);
  return `filter(${inList(names)})${told.length === 0 ? "" : `.annotate(${told.join(", ")})`}`;
}

function grouped({ names, isPlain, back }: Keys, annotation: string, call: string): string {
  if (isPlain) {
    const asked = `one grouped query before the loop, \`filter(${inList(names)}).values(${quotedNames(names)}).${call}\`, gives the answers by key, none for one without rows`;
    return back === null ? `${capitalised(asked)}.` : `Annotate the loop's queryset with ${annotation}; or ${asked}.`;
  }
  return `${back === null ? "Where the loop's rows come from a queryset, annotate it" : "Annotate the loop's queryset"} with ${annotation}, its conditions by \`OuterRef()\`; else fetch the columns that decide once before the loop, and work it out in Python.`;
}

function tested({ names, isPlain, back }: Keys): string {
  if (isPlain) {
    const values = names.length === 1 ? `values_list(${quotedNames(names)}, flat=True)` : `values_list(${quotedNames(names)})`;
    const asked = `fetch the keys that have rows once before the loop, \`set(….filter(${inList(names)}).${values})\`, and look there`;
    return back === null ? `${capitalised(asked)}.` : `Annotate the loop's queryset with \`Exists(…)\`; or ${asked}.`;
  }
  return `${back === null ? "Where the loop's rows come from a queryset, annotate it" : "Annotate the loop's queryset"} with \`Exists(…)\`, its conditions by \`OuterRef()\`; else fetch the columns that decide once before the loop, and look among them.`;
}

function oneRow(how: string, keys: Keys): string {
  const { field, isPlain, back, isWhole } = keys;
  if (!isPlain) return AMONG;
  if (field !== null && (field.primaryKey || field.unique)) {
    const bulk = field.primaryKey ? "in_bulk(…)" : `in_bulk(…, field_name="${field.attname ?? field.name}")`;
    const joined =
      back !== null && back.relation?.single === true && isWhole
        ? `Load the row with the loop's own, by \`select_related("${back.name}")\`; or fetch`
        : "Fetch";
    return `${joined} the rows of all rounds before the loop, with \`${bulk}\`.${keys.isTextOfNumber ? NUMBERS : ""}`;
  }
  if (how === "get") return `Fetch the rows of all rounds before the loop with one \`${forAll(keys)}\`, and keep each row in a dictionary.`;
  // A key may have a long history, of which one row is wanted.
  const names = quotedNames(keys.names);
  const distinct = `\`${forAll(keys)}.order_by(${names}, …).distinct(${names})\``;
  return `Fetch the one row of each key before the loop, on PostgreSQL with one ${distinct} in the order that \`${how === "index" ? "[…]" : `${how}()`}\` takes, and keep them in a dictionary.`;
}

/** A dictionary finds no 5 by "5", as the database does. */
const NUMBERS = " Its keys are numbers: look among them by `int(…)` of what the rows hold as text.";

function manyRows(keys: Keys): string {
  const { names, field, isPlain, back, isWhole, isSliced } = keys;
  if (!isPlain) return AMONG;
  const isOfOneRow = field?.primaryKey === true || field?.unique === true;
  if (isSliced) {
    if (isOfOneRow) return oneRow("get", keys);
    const ranked = `one query that ranks them, \`annotate(place=Window(RowNumber(), partition_by=[${quotedNames(names)}], order_by=…)).filter(place__lte=…)\``;
    return back === null
      ? `Fetch the first rows of every key before the loop with ${ranked}.`
      : `Load the rows with the loop's own, by a \`Prefetch("${back.name}", queryset=….order_by(…)[:n], to_attr=…)\`; or with ${ranked}.`;
  }
  const kept = isOfOneRow ? "the row" : "a list of rows";
  const asked = `one \`${forAll(keys)}\` before the loop, and a dictionary with ${kept} for each key`;
  if (back === null) return `Fetch the rows of all rounds with ${asked}.`;
  const prefetch = isWhole ? `\`prefetch_related("${back.name}")\`` : `a \`Prefetch("${back.name}", queryset=…, to_attr=…)\``;
  return `Load the rows with the loop's own, by ${prefetch}; or with ${asked}.`;
}

/** `values("day").annotate(n=Count("pk"))`: what comes is one row for each group. */
function isGrouping({ name }: ChainCall): boolean {
  return name === "values" || name === "values_list";
}

function groupsOf({ names, isPlain }: Keys): string {
  return isPlain
    ? `Fetch the groups of all rounds in one query before the loop: \`filter(${inList(names)})\`, and ${quotedNames(names)} in its \`values()\` too.`
    : "Group by what tells the rounds apart as well, in one query before the loop, and choose among the groups in Python.";
}

/** Django refuses to annotate an aggregate of an annotated one. */
const OF_GROUPS = "Fetch the annotated rows of all rounds in one query before the loop, and work it out in Python.";

const AMONG = "Fetch the rows that any round needs in one query before the loop, and choose among them in Python.";

function inList(names: readonly string[]): string {
  return names.map((name) => `${name}__in=…`).join(", ");
}

function quotedNames(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

/** Another row each round asks its own relation: what its queryset loads answers that. */
function ofRelation({ narrowed }: QueryRun, how: string, relation: string): string {
  if (how === "count") return `Annotate a \`Count\` of \`${relation}\` in the queryset that fetches these rows.`;
  if (how === "aggregate") return "Annotate the same aggregate in the queryset that fetches these rows.";
  if (TESTS.has(how)) return "Annotate `Exists(…)` in the queryset that fetches these rows.";
  if (narrowed || ONE.has(how))
    return `Load \`${relation}\` with these rows, by a \`Prefetch(…, to_attr=…)\` with these conditions, or \`prefetch_related()\` and a choice in Python.`;
  return `Load \`${relation}\` with these rows, by \`prefetch_related()\` where they are fetched, or \`prefetch_related_objects()\` before the loop.`;
}

function relationOfRounds(round: Round, input: RuleInput): string | null {
  const { run, site } = round;
  const { kind, relation } = run.origin;
  if (kind !== "related" || relation === null) return null;
  const expr = run.inTemplate || site.loop === null ? null : exprAt(input, run.origin.span);
  const head = expr === null ? null : chainHead(expr);
  // The row that the loop hands over may be one and the same, which rounds ask for different things.
  if (run.calls.length > 0) return head === null || varies(head, round, input) || !keysOf(round, input).isPlain ? relation : null;
  return head === null || head.kind !== "name" || site.loop === null || changedNames(site.loop).has(head.name) ? relation : null;
}

/** Whoever asks stands behind a call: it cannot know what was fetched before the loop. */
function handedTo(run: QueryRun, input: RuleInput): string {
  const { graph, program } = input;
  const holder = holderName(run.symbol, program);
  if (isInSerializer(run.span, input)) return `Hand what is found to \`${holder}\` in the serializer's context.`;
  if (run.calls.some((call) => isInSerializer(call, input))) return "Hand what is found to the serializer in its context.";
  const isMethod = !isStatic(run.span, input) && [...graph.models.values()].some((model) => run.symbol.startsWith(`${model.cls.id}.`));
  // Whoever sends the signal hands over the row alone.
  const isReceiver = graph.receivers?.some(
    ({ module, def }) => module.ir.file === run.span.file && isWithin(run.span, { file: module.ir.file, start: def.start, end: def.end }),
  );
  return isMethod || isReceiver === true ? `Put what is found on the rows, where \`${holder}\` reads it.` : `Hand what is found to \`${holder}\`.`;
}

/** Called without a row. */
function isStatic(span: Span, { program }: RuleInput): boolean {
  const holder = functionAt(pathTo(program, span));
  return holder?.kind === "function" && holder.decorators.some((one) => one.kind === "name" && /^(?:static|class)method$/.test(one.name));
}

/** Lists for more columns than these bring rows of every combination, most of which no round asks for. Ours. */
const MAX_KEYS = 3;

function keysOf(round: Round, input: RuleInput): Keys {
  const { run, loop } = round;
  const model = input.graph.byLabel(run.model);
  const calls = conditionCalls(run, input);
  const isVaried = (value: Expr): boolean => varies(value, round, input);
  const opaque =
    calls.some((call) => call.args.some((arg, at) => isVaried(arg) && !(at === 0 && isModelName(arg)))) ||
    callsBefore(run, input).some((call) => call.name === "exclude" && valuesOf(call).some(isVaried));
  const lookups = model === null ? [] : calls.flatMap((call) => keywordLookups(input, model, call));
  const keyed = lookups.filter(({ keyword }) => isVaried(keyword.value));
  // Older versions neither filter by a rank nor slice a prefetch.
  const canRank = input.project.djangoVersion === null || isAtLeast(input.project.djangoVersion, 4, 2);
  const names = [...new Set(keyed.map(nameIn))];
  const isPlain = !opaque && keyed.length > 0 && names.length <= MAX_KEYS && keyed.every(isEquality) && (!run.sliced || canRank);
  const [only] = keyed;
  const field = keyed.length === 1 && only !== undefined && isOneField(only) ? (only.fields[0] ?? null) : null;
  return {
    names,
    beyondRow: [...new Set(keyed.filter((lookup) => !isColumn(lookup) && !isKeyOfOwn(lookup)).map(nameIn))],
    field,
    isPlain,
    back: field === null || only === undefined || isOverValues(round, input) ? null : (backOf(only, field, round, input) ?? ownOf(only, field, round, input)),
    isRowsOwn: keyed.some(({ keyword }) => isOneRowsOnly(keyword.value, round, input)),
    isWhole: keyed.length === lookups.length && !loop.span.file.endsWith(".html"),
    isSliced: run.sliced,
    isTextOfNumber: field !== null && only !== undefined && isNumber(field) && isText(only.keyword.value, round, input.graph),
    nullable: keyed.filter((lookup) => isOneField(lookup) && lookup.fields[0]?.null === true && isNullable(lookup.keyword.value, round, input)).map(nameIn),
    // The first rows of a list of keys that each round has are in no query for all of them.
    isApart:
      (run.sliced && keyed.some(({ rest }) => rest.at(-1) === "in")) ||
      isOfStretch(keyed) ||
      callsBefore(run, input).some((call) => WORKS_OUT.has(call.name) && valuesOf(call).some(isVaried)),
  };
}

function isNumber({ type }: Field): boolean {
  return /\.(?:(?:Big|Small)?AutoField|(?:Positive)?(?:Big|Small)?IntegerField)$/.test(type);
}

/** `row.object_id` of the loop's row, a column of texts. */
function isText(value: Expr, round: Round, graph: RuleInput["graph"]): boolean {
  const rows = rowsOf(round, graph);
  if (rows === null || value.kind !== "attribute" || !isRow(value.object, round)) return false;
  return /\.(?:Char|Text)Field$/.test(fieldNamed(rows, value.name)?.type ?? "");
}

/** A column of the loop's row, or of the row whose method asks, that may be NULL; by a name of its own too. */
function isNullable(value: Expr, round: Round, input: RuleInput): boolean {
  const { span } = round.run;
  const rows = rowsOf(round, input.graph);
  const own = ownModelOf(span, input);
  const isColumnOf = (model: Model | null, name: string): boolean => model !== null && fieldNamed(model, name)?.null === true;
  return [value, ...(value.kind === "name" ? localValuesOf(input, span.file, value) : [])].some((expr) => {
    // An item of a document is not the document.
    const documents = new Set(nodesIn(expr).flatMap((node) => (node.kind === "subscript" ? [node.object] : [])));
    return nodesIn(expr).some(
      (node) =>
        node.kind === "attribute" &&
        !documents.has(node) &&
        ((isRow(node.object, round) && isColumnOf(rows, node.name)) ||
          (node.object.kind === "name" && node.object.name === "self" && isColumnOf(own, node.name))),
    );
  });
}

/** The model whose method holds the place. */
function ownModelOf(span: Span, { graph, program }: RuleInput): Model | null {
  const def = pathTo(program, span).findLast((node) => node.kind === "class");
  const cls = def === undefined ? undefined : moduleOf(program, span.file)?.classes.get(def.name);
  return cls === undefined ? null : graph.ofClass(cls);
}

function valuesOf({ args, keywords }: Pick<ChainCall, "args" | "keywords">): readonly Expr[] {
  return [...args, ...keywords.map(({ value }) => value)];
}

const BETWEEN: ReadonlySet<string> = new Set(["gt", "gte", "lt", "lte", "range"]);
const PART_OF_TEXT: ReadonlySet<string> = new Set("contains icontains startswith istartswith endswith iendswith regex iregex search".split(" "));

/** Of a text, or of time: for all rounds it is a whole history. The rows of one key, a number decides among, are few. */
function isOfStretch(keyed: readonly Lookup[]): boolean {
  const stretches = keyed.filter(({ rest }) => BETWEEN.has(rest.at(-1) ?? ""));
  const isByKey = keyed.some(isEquality);
  return (
    keyed.some(({ rest }) => PART_OF_TEXT.has(rest.at(-1) ?? "")) ||
    stretches.some(({ fields }) => !isByKey || /\.Date(?:Time)?Field$/.test(fields.at(-1)?.type ?? ""))
  );
}

const WORKS_OUT: ReadonlySet<string> = new Set(["annotate", "alias", "extra"]);

/** One query for all rounds would fetch the rows between their stretches as well, or not know by whose values to work out a column. */
export function asksApart(round: Round, input: RuleInput): boolean {
  const how = asksFor(round.run, input);
  return how !== "count" && how !== "aggregate" && !TESTS.has(how) && keysOf(round, input).isApart;
}

const GETS_OR_MAKES: ReadonlySet<string> = new Set(["create", "get_or_create", "update_or_create"]);

/** `customer, _ = Customer.objects.get_or_create(…)`, and then `Order.objects.filter(customer=customer)`: nobody knows the key before the round has the row. */
export function isOfRowFromRound(round: Round, input: RuleInput): boolean {
  const { run, site } = round;
  const model = input.graph.byLabel(run.model);
  if (site.loop === null || run.calls.length > 0 || model === null) return false;
  const made = new Set(
    site.loop.body.flatMap((stmt) => nodesIn(stmt)).flatMap((node) => (node.kind === "assign" && isMaking(node.value) ? firstNames(node.targets) : [])),
  );
  const lookups = conditionCalls(run, input).flatMap((call) => keywordLookups(input, model, call));
  return lookups.some(({ keyword: { value } }) => value.kind === "name" && made.has(value.name));
}

function isMaking(value: Expr | null): boolean {
  return value?.kind === "call" && value.callee.kind === "attribute" && GETS_OR_MAKES.has(value.callee.name);
}

/** The name that a row is given, alone or beside whether it is new. */
function firstNames(targets: readonly Expr[]): string[] {
  return targets.flatMap((target) => {
    const first = target.kind === "sequence" ? target.items[0] : target;
    return first?.kind === "name" ? [first.name] : [];
  });
}

/** What was chained on the queryset until it runs, in one expression or in several; not what others chain on it who get it from the same place. */
function callsBefore(run: QueryRun, input: RuleInput): readonly ChainCall[] {
  const { origin, span } = run;
  const before = origin.calls.filter(({ file, end }) => file !== span.file || end <= span.end);
  const way = functionsOf(run, input);
  const isApart = (call: ChainCall): boolean => {
    const holder = functionKey(call, input);
    return !way.has(holder) && input.facts.runs.some((other) => other.origin === origin && functionKey(other.span, input) === holder);
  };
  return before.filter((call) => !isApart(call));
}

/** Those that the queryset comes through, from where it is made to where it runs. */
function functionsOf({ origin, trail, calls, span }: QueryRun, input: RuleInput): ReadonlySet<string> {
  return new Set([origin.span, ...trail, ...calls, span].map((at) => functionKey(at, input)));
}

function functionKey(at: Span, { program }: RuleInput): string {
  const { file, start, end } = at;
  return `${file}:${functionAt(pathTo(program, { file, start, end }))?.start ?? ""}`;
}

/** Conditions of the queryset, those of the call that runs it among them. */
function conditionCalls(run: QueryRun, input: RuleInput): readonly Pick<ChainCall, "args" | "keywords">[] {
  const chained = callsBefore(run, input).filter(({ name }) => CONDITIONS.has(name));
  const last = exprAt(input, run.span);
  const isListed = chained.some(({ file, end }) => file === run.span.file && end === run.span.end);
  return last?.kind === "call" && !isListed && CONDITIONS.has(calleeName(last.callee)) ? [...chained, last] : chained;
}

function calleeName(callee: Expr): string {
  return callee.kind === "name" || callee.kind === "attribute" ? callee.name : "";
}

/** Parts that Django compares, groups by and gives like a column. */
const PARTS: ReadonlySet<string> = new Set("year iso_year quarter month week week_day iso_week_day day date time hour minute second".split(" "));

function isEquality({ keyword, fields, rest }: Lookup): boolean {
  return keyword.name !== "" && fields.length > 0 && transformsOf(rest).every((one) => PARTS.has(one));
}

function transformsOf(rest: Lookup["rest"]): Lookup["rest"] {
  return rest.at(-1) === "exact" ? rest.slice(0, -1) : rest;
}

function nameIn({ keyword }: Lookup): string {
  return keyword.name.replace(/__exact$/, "");
}

function isOneField({ fields, rest }: Lookup): boolean {
  return fields.length === 1 && transformsOf(rest).length === 0;
}

/** A column of the row itself, which tells for which key the row came. */
function isColumn(lookup: Lookup): boolean {
  return isOneField(lookup) && lookup.many === "";
}

/** `customer__id` is the row's own `customer_id`. */
function isKeyOfOwn({ fields, rest, many }: Lookup): boolean {
  return fields.length === 2 && fields[1]?.primaryKey === true && many === "" && transformsOf(rest).length === 0;
}

/** `filter(order=order)` in a loop over orders asks for the other end of a relation of theirs. */
function backOf({ keyword }: Lookup, field: Field, round: Round, { graph }: RuleInput): Field | null {
  const rows = rowsOf(round, graph);
  if (rows === null || field.relation === null || field.relation.back === null || !isRow(withoutKey(keyword.value), round)) return null;
  return graph.byLabel(field.relation.target ?? "")?.concrete === rows.concrete ? (rows.fields.get(field.relation.back) ?? null) : null;
}

/** `get(pk=order.customer_id)` in a loop over orders asks for a relation of theirs. */
function ownOf({ keyword: { value } }: Lookup, field: Field, round: Round, { graph }: RuleInput): Field | null {
  const rows = rowsOf(round, graph);
  if (rows === null || !field.primaryKey || value.kind !== "attribute" || !isRow(value.object, round)) return null;
  const own = [...rows.fields.values()].find((one) => one.attname === value.name);
  return own?.relation?.single === true && graph.byLabel(own.relation.target ?? "")?.concrete === graph.byLabel(round.run.model)?.concrete ? own : null;
}

/** The row, a unique column of it, or one that `distinct()` makes so. */
function isOneRowsOnly(value: Expr, round: Round, { graph }: RuleInput): boolean {
  const rows = rowsOf(round, graph);
  if (rows === null) return false;
  if (isRow(withoutKey(value), round)) return true;
  if (value.kind !== "attribute" || !isRow(value.object, round)) return false;
  const field = fieldNamed(rows, value.name);
  const distinct = round.loop.origin?.calls.findLast(({ name }) => name === "distinct");
  return field !== null && (field.unique || distinct?.args.some((arg) => arg.kind === "str" && fieldNamed(rows, arg.value) === field) === true);
}

/** `for key in Order.objects.values_list("pk", flat=True)`: nothing can be loaded with what comes. */
function isOverValues({ loop, site: { iterable } }: Round, { facts }: RuleInput): boolean {
  return iterable !== null && facts.runs.some((run) => run.span.file === loop.span.file && isSame(run.span, iterable) && !run.givesRows);
}

function rowsOf({ run, loop }: Round, graph: RuleInput["graph"]): Model | null {
  return loop.over === "rows" && run.calls.length === 0 ? graph.byLabel(loop.origin?.model ?? "") : null;
}

function isRow(value: Expr, { loop: { path }, site: { loop, rounds, path: way } }: Round): boolean {
  if (value.kind !== "name") return false;
  if (loop !== null || rounds !== null) return loop?.kind === "for" && loop.target.kind === "name" && value.name === loop.target.name;
  // A framework hands the row to a method: `def shown(self, order)`, a column of a changelist.
  const [, row, ...more] = functionAt(way)?.params ?? [];
  return (path ?? "") === "" && more.length === 0 && row?.name === value.name;
}

function withoutKey(value: Expr): Expr {
  return value.kind === "attribute" && /^(?:pk|id)$/.test(value.name) ? value.object : value;
}

/**
 * The loop writes rows that the query looks at, so that a round may be told what one before it wrote. A row that is fetched by its key is
 * that round's own; so is what is asked of the loop's row before the round writes.
 */
export function isFedByRounds(round: Round, input: RuleInput): boolean {
  const { run, site } = round;
  const { isRowsOwn } = keysOf(round, input);
  if (site.loop === null) return false;
  if (isByKey(round, input)) return writesInLoop(round, input).some((write) => isDeleteOfOthers(write, input));
  return writesInLoop(round, input).some(({ at }) => !isRowsOwn || at.start < (run.calls[0] ?? run.span).start);
}

/** One row, by a key that no other has. */
function isByKey(round: Round, input: RuleInput): boolean {
  const { field, isPlain } = keysOf(round, input);
  return ONE.has(round.run.how) && isPlain && (field?.primaryKey === true || field?.unique === true);
}

/** `Order.objects.filter(status=…).delete()`: rows that later rounds ask for may be among them. */
function isDeleteOfOthers({ write }: WriteInLoop, input: RuleInput): boolean {
  const call = write.how === "delete" ? callAt(input, write.span) : null;
  const model = input.graph.byLabel(write.model ?? "");
  if (call?.callee.kind !== "attribute" || call.callee.object.kind !== "call" || model === null) return false;
  const lookups = chainOf(call.callee.object).flatMap((one) => keywordLookups(input, model, one));
  return !lookups.some((lookup) => isOneField(lookup) && (lookup.fields[0]?.primaryKey === true || lookup.fields[0]?.unique === true));
}

/** The calls of `rows.filter(…).exclude(…)`. */
function chainOf(expr: Expr): readonly Call[] {
  const calls: Call[] = [];
  for (let at: Expr = expr; at.kind === "call" && at.callee.kind === "attribute"; at = at.callee.object) calls.push(at);
  return calls;
}

interface WriteInLoop {
  readonly write: Write;
  /** Where the loop's own text comes to it. */
  readonly at: Write["span"];
}

/** Writes of the loop's own text, or behind a call there, of rows of the query's model. */
function writesInLoop({ run, site: { loop } }: Round, { facts }: RuleInput): readonly WriteInLoop[] {
  const { file } = run.calls[0] ?? run.span;
  if (loop === null) return [];
  const whole = { file, start: loop.start, end: loop.end };
  return facts.writes.flatMap((write) => {
    const at = writesRowsOf(write, run) ? [write.span, ...write.calls].find((span) => isWithin(span, whole)) : undefined;
    return at === undefined ? [] : [{ write, at }];
  });
}

const MAKES: ReadonlySet<string> = new Set(["create", "save", "get_or_create", "update_or_create", "bulk_create"]);

/** `if not rows.filter(key=key).exists(): rows.create(key=key)`: keys that are there can be kept in step with what is made. */
export function isKeptInStep(round: Round, input: RuleInput): boolean {
  const { run } = round;
  if (!TESTS.has(run.how) || !keysOf(round, input).isPlain) return false;
  return input.facts.writes.every((write) => write.model !== run.model || write.loop?.span.start !== round.loop.span.start || MAKES.has(write.how));
}

/** `get(pk=key)`, and `create(pk=key)` where there is none: a later round may ask for the row that this one made. */
export function addsRows(round: Round, input: RuleInput): boolean {
  if (!isByKey(round, input) || keysOf(round, input).isRowsOwn) return false;
  return writesInLoop(round, input).some(({ write: { how, isOfNewRow } }) => MAKES.has(how) && (how !== "save" || isOfNewRow === true));
}

export function fedRemedy({ model }: QueryRun): string {
  return `The loop writes rows of \`${nameOf(model)}\`, so that an answer from before it may be old: leave it where rounds build on one another, or ask once after the loop.`;
}
