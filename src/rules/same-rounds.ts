/** What stays the same from round to round of a loop: values, and whole queries. */
import type { Attribute, ChainCall, Expr, Field, LazyLoad, Model, Name, QueryRun, RelationKind, RuleInput, Span, Write } from "../model/index.ts";
import { fetchesEachRound } from "../fixes/fetched-each-round.ts";
import { isNoneLiteral, moduleOf, nodesIn, pathTo, type SyntaxNode } from "../python/syntax-tree.ts";
import { calledName, fieldNamed, keywordLookups } from "./chains.ts";
import { chainHead, changedBy, changedNames, exprAt, functionAt, localValuesOf, namesIn, soleValueOf, targetsOf } from "./code.ts";
import { loopSite, type LoopSite } from "./loops.ts";
import { dotted } from "./names.ts";
import { isInside, isSameSpan, isWithin } from "../model/span.ts";

export interface Round {
  readonly run: QueryRun;
  readonly loop: NonNullable<QueryRun["loop"]>;
  readonly site: LoopSite;
}

/** Constants and settings are the same in each round; behind a call, all may differ but what the loop hands over by a name that it leaves alone. */
export function varies(value: Expr, round: Round, input: RuleInput): boolean {
  const { run, site } = round;
  const nodes = nodesIn(value);
  const read = namesReadIn(nodes, run.calls.length === 0 ? site.rounds : functionAt(pathTo(input.program, run.span)));
  if (read.length === 0) return false;
  const isLeft = leftBy(site);
  if (run.calls.length === 0) return !read.every((name) => isLeft(name.name) || isOfPinnedColumn(name, nodes, round, input));
  return !read.every((name) => isHandedTheSame(name, nodes, { at: run.span, calls: run.calls, isLeft }, input));
}

/** How the loop comes to a place: by these calls, outermost first. */
interface Way {
  readonly at: Span;
  readonly calls: readonly Span[];
  readonly isLeft: (name: string) => boolean;
}

/** Each call on the way hands over what stays the same. */
function isHandedTheSame(name: Name, nodes: readonly SyntaxNode[], { at, calls, isLeft }: Way, input: RuleInput): boolean {
  const call = calls.at(-1);
  if (call === undefined) return isLeft(name.name);
  if (isOfContext(name, nodes, at, input) || isMadeOfConstants(name, at, input, new Set()) || isOfClass(name, nodes, at, call, input)) return true;
  const given = handedOver(name, nodes, at, call, input);
  if (given === null) return false;
  const within = nodesIn(given);
  // What an object of the loop's own function holds, the rounds may change.
  if (calls.length === 1 && given.kind === "attribute" && !isKeyOf(given)) return false;
  const way = { at: call, calls: calls.slice(0, -1), isLeft };
  return within.every(isKnown) && namesReadIn(within).every((one) => isHandedTheSame(one, within, way, input));
}

/** Whether no round changes what a name stands for. */
function leftBy({ rounds }: LoopSite): (name: string) => boolean {
  const changed = rounds === null ? null : changedNames(rounds);
  return (name) => changed !== null && !changed.has(name);
}

/** `row.kind` in a loop over `filter(kind=kind)`: every row has the same. */
function isOfPinnedColumn({ name }: Name, nodes: readonly SyntaxNode[], { run, loop: fact, site: { loop, iterable } }: Round, input: RuleInput): boolean {
  const rows = fact.over === "rows" ? input.graph.byLabel(fact.origin?.model ?? "") : null;
  if (rows === null || iterable === null || loop?.kind !== "for" || loop.target.kind !== "name" || loop.target.name !== name) return false;
  const isRow = (node: SyntaxNode): boolean => node.kind === "name" && node.name === name;
  const reads = nodes.filter((node) => node.kind === "attribute").filter(({ object }) => isRow(object));
  if (reads.length < nodes.filter(isRow).length) return false;
  const columns = new Set(reads.map((read) => fieldNamed(rows, read.name)));
  const pinned = pinnedColumns(iterable, rows, run.span.file, input);
  return [...columns].every((column) => column !== null && pinned.has(column)) && !loop.body.some((stmt) => isSetIn(stmt, name, columns, rows));
}

/** The statement gives the name another row, or one of the columns another value. */
function isSetIn(stmt: SyntaxNode, name: string, columns: ReadonlySet<Field | null>, model: Model): boolean {
  const targets = nodesIn(stmt)
    .flatMap(targetsOf)
    .flatMap((target) => (target.kind === "sequence" ? target.items : [target]));
  return targets.some(
    (target) =>
      (target.kind === "name" && target.name === name) ||
      (target.kind === "attribute" && target.object.kind === "name" && target.object.name === name && columns.has(fieldNamed(model, target.name))),
  );
}

/** Methods after which a queryset's rows still meet the conditions before them, and no column has another value than the table's. */
const KEEPS_CONDITIONS: ReadonlySet<string> = new Set(
  "all filter exclude order_by reverse distinct select_related prefetch_related select_for_update only defer using iterator".split(" "),
);

/** Columns that the queryset, as it is written, compares with one value each. */
function pinnedColumns(rows: Expr, model: Model, file: string, input: RuleInput): ReadonlySet<Field> {
  const pinned = new Set<Field>();
  let at: Expr | null = rows;
  while (at !== null) {
    if (at.kind === "name") {
      at = soleValueOf(input, file, at);
      continue;
    }
    if (at.kind !== "call" || at.callee.kind !== "attribute" || !KEEPS_CONDITIONS.has(at.callee.name)) break;
    for (const { keyword, fields, rest } of at.callee.name === "filter" ? keywordLookups(input, model, at) : [])
      if (fields[0] !== undefined && fields.length === 1 && rest.every((one) => one === "exact") && nodesIn(keyword.value).every(isPlainValue))
        pinned.add(fields[0]);
    at = at.callee.object;
  }
  return pinned;
}

/** A call may give an expression, of which each row has its own: `filter(kind=F("other"))`. */
function isPlainValue({ kind }: SyntaxNode): boolean {
  return kind === "name" || kind === "attribute" || kind === "str" || kind === "constant" || kind === "num";
}

/** Names that stand for more than constants and settings; one that the code around assigns is no constant, however it is written. */
function namesReadIn(nodes: readonly SyntaxNode[], around: SyntaxNode | null = null): readonly Name[] {
  const holders = new Set<SyntaxNode>(nodes.flatMap((node) => (isConstantOf(node) ? [node.object] : [])));
  const isConstant = ({ name }: Name): boolean =>
    name === "settings" || CONVERTS.has(name) || (/^[A-Z]/.test(name) && (around === null || !isAssignedIn(around, name)));
  return nodes.filter((node) => node.kind === "name").filter((node) => !holders.has(node) && !isConstant(node));
}

function isAssignedIn(around: SyntaxNode, name: string): boolean {
  return nodesIn(around).some((node) =>
    (node.kind === "assign" ? node.targets : node.kind === "for" ? [node.target] : []).some((target) => namesIn(target).has(name)),
  );
}

/** A local name that the function makes of constants, settings and queries of models alone, whatever it was handed. */
function isMadeOfConstants(name: Name, span: Span, input: RuleInput, seen: Set<string>): boolean {
  const holder = functionAt(pathTo(input.program, span));
  if (seen.has(name.name)) return true;
  if (holder?.kind !== "function" || holder.params.some((param) => param.name === name.name)) return false;
  seen.add(name.name);
  const changes = nodesIn(holder).filter((node) => node !== holder && changedBy(node).includes(name.name));
  const isConstant = (change: SyntaxNode): boolean => {
    const parts = partsOfChange(change, pathTo(input.program, { ...change, file: span.file }))?.flatMap(nodesIn) ?? null;
    if (parts === null || parts.some((node) => node !== change && !isKnown(node) && !isOfModel(node, span, input))) return false;
    return namesReadIn(parts, holder).every((one) => isMadeOfConstants(one, span, input, seen));
  };
  return changes.length > 0 && changes.every(isConstant);
}

const MANAGERS = ["objects", "_default_manager", "_base_manager"];

/** `cls.objects` and `cls.REMINDER` in a class method that is called on the class by its name. */
function isOfClass({ name }: Name, nodes: readonly SyntaxNode[], span: Span, at: Span, input: RuleInput): boolean {
  const path = pathTo(input.program, span);
  const holder = functionAt(path);
  const cls = holder === null ? undefined : path[path.indexOf(holder) - 1];
  const call = exprAt(input, at);
  if (holder?.kind !== "function" || cls?.kind !== "class" || holder.params[0]?.name !== name) return false;
  if (!holder.decorators.some((one) => one.kind === "name" && one.name === "classmethod")) return false;
  if (call?.kind !== "call" || call.callee.kind !== "attribute" || call.callee.object.kind !== "name" || call.callee.object.name !== cls.name) return false;
  const isRead = (node: SyntaxNode): boolean =>
    node.kind === "attribute" && node.object.kind === "name" && node.object.name === name && (MANAGERS.includes(node.name) || isConstantOf(node));
  return nodes.filter((node) => node.kind === "name" && node.name === name).length === nodes.filter(isRead).length;
}

/** What a name is given, and what decides whether the code comes there; null where that is not told by what stands around it. */
function partsOfChange(change: SyntaxNode, path: readonly SyntaxNode[]): readonly SyntaxNode[] | null {
  if (change.kind !== "assign" && change.kind !== "call" && change.kind !== "for") return null;
  const loops = path.filter(({ kind }) => kind === "for" || kind === "while");
  if (loops.some((loop) => nodesIn(loop).some((node) => node.kind === "return" || (node.kind === "jump" && node.type !== "pass")))) return null;
  return [...path.flatMap(decidesPath), ...(change.kind === "for" ? [change.iterable] : [change])];
}

/** What decides whether, and how often, the code comes to what stands within. */
function decidesPath(node: SyntaxNode): readonly SyntaxNode[] {
  if (node.kind === "if" || node.kind === "while" || node.kind === "conditional") return [node.test];
  return node.kind === "for" ? [node.iterable] : [];
}

/** `Order.objects.get(…)`, `Order(…)`. */
function isOfModel(node: SyntaxNode, { file }: Span, { program, graph }: RuleInput): boolean {
  const head = node.kind === "call" ? chainHead(node) : null;
  const module = moduleOf(program, file);
  const symbol = module === null || head?.kind !== "name" ? null : program.resolve(module, head.name);
  return symbol?.kind === "class" && graph.ofClass(symbol.cls) !== null;
}

/** What a call hands the function that it leads to as this parameter. */
function handedOver({ name }: Name, nodes: readonly SyntaxNode[], span: Span, at: Span, input: RuleInput): Expr | null {
  const path = pathTo(input.program, span);
  const holder = functionAt(path);
  const call = exprAt(input, at);
  if (call === null || holder?.kind !== "function" || holder.body.some((stmt) => changedNames(stmt).has(name))) return null;
  const isMethod = path[path.indexOf(holder) - 1]?.kind === "class";
  const isStatic = isMethod && holder.decorators.some((one) => one.kind === "name" && one.name === "staticmethod");
  const own = isMethod && !isStatic ? holder.params[0] : undefined;
  // A property is read, not called.
  if (call.kind === "attribute") return call.name === holder.name && own?.name === name && isWhole(name, nodes) ? call.object : null;
  if (call.kind !== "call" || calledName(call) !== holder.name || call.args.some(({ kind }) => kind === "star")) return null;
  if (isMethod && !isStatic && (holder.decorators.length > 0 || call.callee.kind !== "attribute" || isModelName(call.callee.object))) return null;
  if (own?.name === name) return call.callee.kind === "attribute" && isWhole(name, nodes) ? call.callee.object : null;
  // A method's first parameter is what it is called on.
  const position = holder.params.findIndex((param) => param.name === name && param.form === "positional") - (own === undefined ? 0 : 1);
  return call.keywords.find((keyword) => keyword.name === name)?.value ?? call.args[position] ?? null;
}

/** The object itself, or its key: what else it holds, one of its methods may change. */
function isWhole(name: string, nodes: readonly SyntaxNode[]): boolean {
  return nodes.every((node) => node.kind !== "attribute" || node.object.kind !== "name" || node.object.name !== name || isKeyOf(node));
}

function isKeyOf({ name }: Attribute): boolean {
  return name === "pk" || name === "id";
}

/** A serializer's `self.context`, one for all of its rows, or a local name for a part of it, which is `None` at most elsewhere. */
function isOfContext(name: Name, nodes: readonly SyntaxNode[], span: Span, input: RuleInput): boolean {
  const contexts = nodes.filter(isContext);
  if (contexts.some(({ object }) => object === name)) return isInSerializer(span, input);
  const [value, ...others] = localValuesOf(input, span.file, name).filter((one) => !isNoneLiteral(one));
  if (value === undefined || others.length > 0 || value.end > name.start) return false;
  const within = nodesIn(value);
  return within.every(isKnown) && within.every((node) => node.kind !== "name" || CONVERTS.has(node.name) || isOfContext(node, within, span, input));
}

/** Of the same value they make the same one. */
const CONVERTS: ReadonlySet<string> = new Set(["str", "int"]);

/** No call, unless it looks into the context or the request, or writes a value as one of another type. */
function isKnown(node: SyntaxNode): boolean {
  if (node.kind === "call" && node.callee.kind === "name") return CONVERTS.has(node.callee.name);
  if (node.kind === "call") return looksIntoRequest(node) || (node.callee.kind === "attribute" && node.callee.name === "get" && isContext(node.callee.object));
  return node.kind !== "lambda" && node.kind !== "await";
}

/** What the client sent, which nobody changes. */
const SENT: ReadonlySet<string> = new Set(["GET", "POST", "COOKIES", "META", "headers", "query_params"]);

/** `request.GET.get("status")`, `request.POST.getlist("ids")`. */
function looksIntoRequest(node: SyntaxNode): boolean {
  if (node.kind !== "call" || node.callee.kind !== "attribute" || !/^get(?:list)?$/.test(node.callee.name)) return false;
  const { object } = node.callee;
  return object.kind === "attribute" && SENT.has(object.name);
}

function isContext(node: SyntaxNode): node is Attribute {
  return node.kind === "attribute" && node.name === "context" && node.object.kind === "name" && node.object.name === "self";
}

export function isInSerializer(span: Span, { program }: RuleInput): boolean {
  const def = pathTo(program, span).findLast((node) => node.kind === "class");
  const module = moduleOf(program, span.file);
  const cls = def === undefined ? undefined : module?.classes.get(def.name);
  return cls !== undefined && program.isSubclass(cls, "rest_framework.serializers.BaseSerializer");
}

/** `models` of `models.F("stock")`, `self` of `self.OPEN`. */
function isConstantOf(node: SyntaxNode): node is Attribute {
  return node.kind === "attribute" && node.object.kind === "name" && /^[A-Z]/.test(node.name);
}

/** One answer serves all rounds: nothing that the query is given differs, and none writes what decides it. */
export function asksTheSame(round: Round, input: RuleInput): boolean {
  return isGivenTheSame(round, input) && !isDecidedByRounds(round, input);
}

/** Nothing that the query is given differs from round to round. */
export function isGivenTheSame(round: Round, input: RuleInput): boolean {
  const { run, site } = round;
  const born = exprAt(input, run.origin.span);
  const isSameRows = isOfSameRow(run);
  if ((run.origin.kind !== "manager" && !isSameRows) || run.sliced || born === null) return false;
  const at = run.calls[0] ?? run.span;
  const isLeft = leftBy(site);
  // Names of another function, which made the queryset or narrows it, say nothing about this one's.
  const isHere = inFunctionOf(run.span, input);
  const isOfLoop = inFunctionOf(at, input);
  const differs = (value: Expr, place: Pick<Span, "file" | "start">): boolean =>
    isHere(place) ? varies(value, round, input) : !namesReadIn(nodesIn(value)).every(({ name }) => isOfLoop(place) && isLeft(name));
  if (!isSameRows && ((isOfLoop(run.origin.span) && isOneOfSeveral(round, input)) || hasUnknownInput(born) || differs(born, run.origin.span))) return false;
  return !givenTo(run, input).some(({ args, keywords, ...place }) =>
    [...args, ...keywords.map(({ value }) => value)].some((value) => !nodesIn(value).every(isKnown) || differs(value, place)),
  );
}

/** A related manager of a row that was fetched before all loops. */
function isOfSameRow({ origin, isOfFetchedRow, related, keyed }: QueryRun): boolean {
  return origin.kind === "related" && isOfFetchedRow === true && !related && keyed !== "keyed";
}

/** A round may write what the query looks at. */
export function isDecidedByRounds({ run, loop, site }: Round, input: RuleInput): boolean {
  const at = run.calls[0] ?? run.span;
  const isInRound = (write: Write): boolean =>
    site.loop === null
      ? write.loop !== null && isSameSpan(write.loop.span, loop.span)
      : isReachedFrom({ ...at, start: site.loop.start, end: site.loop.end }, write);
  return input.facts.writes.some((write) => isInRound(write) && canChange(write, run, input));
}

/** The queryset is from before the loop, and each round may come with another one: `for rows in several: rows.first()`. */
function isOneOfSeveral(round: Round, input: RuleInput): boolean {
  const { run, site } = round;
  const { span } = run.origin;
  if (isWithin(span, run.span) || (site.rounds !== null && isInside(span, site.rounds))) return false;
  const asked = exprAt(input, run.span);
  return asked === null || varies(chainHead(asked), round, input);
}

function inFunctionOf(at: Span, { program }: RuleInput): (place: Pick<Span, "file" | "start">) => boolean {
  const holder = functionAt(pathTo(program, at));
  return ({ file, start }) => file === at.file && (holder === null || (holder.start <= start && start < holder.end));
}

/** What to do about a row that each round fetches alone although it is the same one; null where rounds fetch rows of their own. */
export function remedyOfSameRow(load: LazyLoad, input: RuleInput): string | null {
  const fetches = fetchesEachRound(load, input.facts);
  const isSame = (run: QueryRun): boolean =>
    run.loop !== null && asksTheSame({ run, loop: run.loop, site: loopSite(input, run.loop, run.calls[0] ?? run.span) }, input);
  if (fetches.length === 0 || !fetches.every(isSame)) return null;
  const narrowed = load.narrowed === true ? ", and look among them" : "";
  const context = isInSerializer(load.access, input) ? ", for example for the serializer's context" : "";
  return `Each round fetches the same row: fetch it, and \`${dotted(load.path)}\` with it, once before the loop${context}${narrowed}.`;
}

/** A call other than the queryset's own methods can give another answer each time: `timezone.now()`, `random()`. */
export function hasUnknownInput(expr: Expr): boolean {
  const own = new Set<Expr>();
  for (let at = expr; at.kind === "attribute" || at.kind === "call"; at = at.kind === "call" ? at.callee : at.object) own.add(at);
  return [...nodesIn(expr)].some(
    (node) =>
      (node.kind === "call" && !looksIntoRequest(node) && (node.callee.kind === "name" || !own.has(node))) || node.kind === "lambda" || node.kind === "await",
  );
}

/** The write stands in that stretch of code, or behind a call there. */
export function isReachedFrom(stretch: Span, { span, calls }: Write): boolean {
  return [span, ...calls].some((at) => isWithin(at, stretch));
}

/** Rows of other models decide a query that looks at them, and take rows with them when they go. */
export function canChange(write: Write, run: QueryRun, input: RuleInput): boolean {
  const { model, how } = write;
  if (model === null || writesRowsOf(write, run) || (run.narrowed && !looksAtOwnColumns(run, input))) return true;
  return how.includes("delete") && goesWithOthers(input.graph.byLabel(run.model));
}

/** Of a many-to-many relation they write pairs of keys, not the rows that these name. */
const LINKS: ReadonlySet<string> = new Set(["add", "remove", "set", "clear"]);

/** Rows of the query's own model, or the links by which it asks for them. */
export function writesRowsOf({ model, how, relation }: Write, { model: asked, origin }: QueryRun): boolean {
  return model === asked && (!LINKS.has(how) || relation === origin.relation);
}

const TAKES_ALONG: ReadonlySet<RelationKind> = new Set(["fk", "o2o", "generic-fk", "mti-parent"]);

/** Its rows point at others, whose end may be theirs. */
function goesWithOthers(model: Model | null): boolean {
  return model === null || [...model.fields.values()].some(({ relation }) => relation !== null && TAKES_ALONG.has(relation.kind));
}

/** `get(pk=…)`, `filter(name=…)`: every condition compares a column of the rows themselves. */
function looksAtOwnColumns(run: QueryRun, input: RuleInput): boolean {
  const model = input.graph.byLabel(run.model);
  if (model === null || run.origin.kind !== "manager") return false;
  return givenTo(run, input).every(
    (call) =>
      call.args.every((arg, at) => at === 0 && isModelName(arg)) &&
      call.keywords.every(({ name }) => name !== "") &&
      keywordLookups(input, model, call).every(({ fields, rest, many }) => fields.length === 1 && many === "" && !rest.includes("in")),
  );
}

/** The calls of the queryset, the one that runs it among them. */
function givenTo({ origin, span }: QueryRun, input: RuleInput): readonly Pick<ChainCall, "file" | "start" | "args" | "keywords">[] {
  const last = exprAt(input, span);
  if (last?.kind !== "call") return origin.calls;
  // `list(rows.filter(…))` gives the queryset nothing.
  const args = last.args.filter((arg) => !isWithin(origin.span, { ...arg, file: span.file }));
  return [...origin.calls, { ...last, args, file: span.file }];
}

export function isModelName(expr: Expr): boolean {
  return expr.kind === "name" && /^[A-Z]/.test(expr.name);
}
