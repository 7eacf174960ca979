/** What the syntax says of a loop: whether it is one of the kinds that need a query each round. */
import type { Expr, For, FunctionDef, Lambda, LazyLoad, LoopFact, RuleInput, Span, Stmt, While } from "../model/index.ts";
import { isStatement, nodesIn, pathTo, type SyntaxNode } from "../python/syntax-tree.ts";
import { isInside } from "../model/span.ts";
import { chainHead, functionAt, loopAt, sourceText } from "./code.ts";

export interface LoopSite {
  readonly loop: For | While | null;
  /** The loop, or the comprehension whose clause it is. */
  readonly rounds: SyntaxNode | null;
  /** What it runs over, as written. */
  readonly iterable: Expr | null;
  /** Nodes from the module down to the place in the loop's own function. */
  readonly path: readonly SyntaxNode[];
}

/** The loop around a place; `at` is the place itself or the call in the loop that leads to it. */
export function loopSite(input: RuleInput, fact: LoopFact, at: Span): LoopSite {
  const path = pathTo(input.program, at);
  const loop = loopAt(path, fact.span);
  const comprehension = path.filter((node) => node.kind === "comprehension").find(({ clauses }) => clauses.some((one) => one.start === fact.span.start));
  const clause = comprehension?.clauses.find((one) => one.start === fact.span.start);
  return { loop, rounds: loop ?? comprehension ?? null, iterable: loop?.kind === "for" ? loop.iterable : (clause?.iterable ?? null), path };
}

/** Batches, pages and attempts are made so that each round has a query of its own. */
export function needsItsQueries(input: RuleInput, site: LoopSite, { span: { file }, over, origin }: LoopFact): boolean {
  const { loop, iterable } = site;
  if (loop?.kind === "while") return true;
  if (iterable === null) return false;
  // Rows of a model that is called so are no pages of something else: `for page in BlogPage.objects.all()`.
  const model = over === "rows" ? (origin?.model ?? "").toLowerCase() : "";
  const isSplit = (text: string, words: readonly string[]): boolean => words.some((word) => !model.includes(word) && text.toLowerCase().includes(word));
  // `rows[:PAGE]` is one page: its rows are no pages.
  if (
    !(over === "rows" && isOnePart(iterable)) &&
    isSplit(sourceText(input, file, iterable).replaceAll(/\[[^[\]]*:[^[\]]*\]/g, ""), ["batch", "chunk", "page", "partition", "slice", "shard"])
  )
    return true;
  if (iterable.kind === "call" && iterable.callee.kind === "name" && iterable.callee.name === "range" && iterable.args.length === 3) return true;
  const target = loop?.kind === "for" ? sourceText(input, file, loop.target) : "";
  return isSplit(target, ["attempt", "retry", "retries", "tries", "batch", "chunk", "page"]);
}

/** `page.object_list`, `batch`: a name for one part of the rows, whose rounds go through its rows. A call, and `pages`, give the parts. */
function isOnePart(iterable: Expr): boolean {
  if (iterable.kind === "name") return !PLURAL.test(iterable.name);
  return iterable.kind === "attribute" && !PLURAL.test(iterable.name) && isOnePart(iterable.object);
}

const PLURAL = /(?:batches|chunks|pages|partitions|slices|shards)$/i;

/** `while keys := rows.values_list("pk")[:1000]: … .delete()`: each round asks for what the one before has left, or for the next batch. */
export function isUsedUp({ access }: Pick<LazyLoad, "access">, input: RuleInput): boolean {
  const path = pathTo(input.program, access);
  const round = path.slice(path.findLastIndex(({ kind }) => kind === "function") + 1).find(({ kind }) => kind === "while");
  if (round === undefined) return false;
  const isBatch = path.slice(path.indexOf(round) + 1).some((node) => isStatement(node) && isSimple(node) && nodesIn(node).some(isSlice));
  return isBatch || nodesIn(round).some((node) => node.kind === "attribute" && USES_UP.has(node.name));
}

const isSimple = ({ kind }: Stmt): boolean => kind === "assign" || kind === "expr" || kind === "return";
const isSlice = (node: SyntaxNode): boolean => node.kind === "subscript" && node.index.kind === "slice";

const USES_UP: ReadonlySet<string> = new Set(["delete", "adelete", "_raw_delete"]);

/** Choices, languages, settings: a constant has a few items. */
export function isOverConstant(site: LoopSite): boolean {
  const { iterable } = site;
  if (iterable === null) return false;
  if (isRetried(site) || isEnumeration(iterable) || isOverParts(site) || isNamedConstant(site)) return true;
  const nodes = nodesIn(iterable);
  // `rows.filter(status=OPEN)` is as long as the table.
  const given = nodes.flatMap((node) =>
    node.kind === "call" && node.callee.kind === "attribute" ? [...node.args, ...node.keywords.map(({ value }) => value)] : [],
  );
  return nodes.some(
    (node) =>
      ((node.kind === "name" && (/^[A-Z][A-Z_0-9]+$/.test(node.name) || node.name === "settings")) ||
        (node.kind === "attribute" && /^[A-Z][A-Z_0-9]+$/.test(node.name))) &&
      !given.some((arg) => isInside(node, arg)),
  );
}

/** `roles = settings.ROLES.get(provider, [])` or `set(settings.ROLES)`, and a loop over `roles`. */
function isNamedConstant({ iterable, path }: LoopSite): boolean {
  const holder = functionAt(path);
  const values = iterable?.kind === "name" && holder !== null ? assignedTo(iterable.name, holder) : [];
  return values.length > 0 && values.every((value) => value !== null && startsAtConstant(value));
}

function isConstantName(expr: Expr): boolean {
  return expr.kind === "name" && (expr.name === "settings" || /^[A-Z][A-Z_0-9]+$/.test(expr.name));
}

function startsAtConstant(value: Expr): boolean {
  if (value.kind === "subscript") return isConstantName(value.object) || startsAtConstant(value.object);
  const [all] = value.kind === "call" ? value.args : [];
  // `set(settings.ROLES)` has no more of them.
  if (value.kind === "call" && value.callee.kind === "name" && all !== undefined)
    return TAKES_ALL.has(value.callee.name) && (isConstantName(all) || startsAtConstant(all));
  const head = chainHead(value);
  return head !== value && (isConstantName(head) || startsAtConstant(head));
}

/** `for folder in path.split("/"):`, `for word in set(words):`: parts of one path, words of one text, by names or not. */
function isOverParts({ iterable, path }: LoopSite): boolean {
  return iterable !== null && areParts(iterable, functionAt(path), new Set());
}

function areParts(value: Expr, holder: FunctionDef | Lambda | null, seen: ReadonlySet<string>): boolean {
  if (value.kind === "name") {
    const values = holder === null || seen.has(value.name) ? [] : assignedTo(value.name, holder);
    return values.length > 0 && values.every((one) => one !== null && areParts(one, holder, new Set(seen).add(value.name)));
  }
  const [first] = value.kind === "call" ? value.args : [];
  if (value.kind !== "call") return false;
  if (value.callee.kind === "name" && first !== undefined) return TAKES_ALL.has(value.callee.name) && areParts(first, holder, seen);
  return value.callee.kind === "attribute" && /^r?split$/.test(value.callee.name) && (first === undefined || (first.kind === "str" && PARTS.test(first.value)));
}

const TAKES_ALL: ReadonlySet<string> = new Set(["set", "list", "tuple", "sorted", "reversed", "enumerate"]);

/** A list of keys is written with commas, and may be long. */
const PARTS = /^(?:\/|\.|::|__| )$/;

/** What a function assigns to the name, wherever it does; null for a bare annotation. */
export function assignedTo(name: string, holder: FunctionDef | Lambda): readonly (Expr | null)[] {
  return nodesIn(holder).flatMap((node) =>
    node.kind === "assign" && node.targets.some((one) => one.kind === "name" && one.name === name) ? [node.value] : [],
  );
}

/** `for day in Weekday:` and `Weekday.values`: of classes, enumerations alone can be gone through. */
function isEnumeration(iterable: Expr): boolean {
  const named = iterable.kind === "attribute" && /^(?:values|choices|names|labels)$/.test(iterable.name) ? iterable.object : iterable;
  return (named.kind === "name" || named.kind === "attribute") && /^[A-Z][a-z0-9]\w*$/.test(named.name);
}

/** More tries than these are a loop over something. Ours. */
const FEW = 10;

/** `for _ in range(10)`: so many tries of the same. */
function isRetried({ iterable, loop }: LoopSite): boolean {
  if (iterable?.kind !== "call" || iterable.callee.kind !== "name" || !/^x?range$/.test(iterable.callee.name)) return false;
  const end = iterable.args.at(-1);
  if (iterable.args.length > 2 || end?.kind !== "num" || end.value > FEW || loop?.kind !== "for") return false;
  const counted = loop.target.kind === "name" ? loop.target.name : null;
  return !loop.body.some((stmt) => [...nodesIn(stmt)].some((node) => node.kind === "name" && node.name === counted));
}

/** The loop stops early: it looks for something rather than doing all. */
export function stopsEarly(site: LoopSite): boolean {
  if (site.loop === null) return false;
  return site.loop.body.some((stmt) => [...nodesIn(stmt)].some((node) => (node.kind === "jump" && node.type === "break") || node.kind === "return"));
}

/** Statements between the loop and the place, outermost first. */
export function withinLoop(site: LoopSite): readonly Stmt[] {
  const from = site.loop === null ? -1 : site.path.indexOf(site.loop);
  return from < 0 ? [] : site.path.slice(from + 1).filter(isStatement);
}

/** `if len(bucket) >= SIZE:` and `if i % SIZE == 0:` run once in many rounds. */
export function isFlush(site: LoopSite): boolean {
  return withinLoop(site).some((stmt) => stmt.kind === "if" && [...nodesIn(stmt.test)].some(countsRounds));
}

function countsRounds(node: SyntaxNode): boolean {
  if (node.kind === "binary") return node.operator === "%";
  return node.kind === "compare" && [node.left, ...node.rights].some((one) => one.kind === "call" && one.callee.kind === "name" && one.callee.name === "len");
}

/** `if parent.child_id == child.pk:` holds for one round of each parent at most. */
export function isForOneMatch(site: LoopSite): boolean {
  return withinLoop(site).some(
    (stmt) => stmt.kind === "if" && stmt.test.kind === "compare" && stmt.test.operators[0] === "==" && [stmt.test.left, ...stmt.test.rights].every(isKey),
  );
}

function isKey(expr: Expr): boolean {
  return expr.kind === "attribute" && /^(?:pk|id)$|_id$/.test(expr.name);
}

/** `yield rows.get(pk=key)`: a generator that fetches each row as it is asked for it, so that memory never holds them all. */
export function isHandedOut({ program }: RuleInput, place: Span): boolean {
  const path = pathTo(program, place);
  return path.slice(path.findLastIndex(({ kind }) => kind === "function" || kind === "lambda") + 1).some(({ kind }) => kind === "yield");
}

/** The keys or entries of a dictionary of which nothing is known. */
export function isOverDictionary(site: LoopSite): boolean {
  const { iterable } = site;
  return iterable?.kind === "call" && iterable.callee.kind === "attribute" && /^(?:iter)?(?:keys|items)$/.test(iterable.callee.name);
}

/** A failure of one round is meant to leave the others alone. */
export function isGuardedPerRound(site: LoopSite): boolean {
  return withinLoop(site).some((stmt) => stmt.kind === "try" || stmt.kind === "with");
}

/** `if key not in seen: seen[key] = query`: sends each query once. */
export function isRemembered(site: LoopSite): boolean {
  return withinLoop(site).some((stmt) => stmt.kind === "if" && remembers(stmt.test));
}

function remembers(test: Expr): boolean {
  return [...nodesIn(test)].some(
    (node) =>
      (node.kind === "compare" && node.operators.some((one) => one === "not in" || one === "is")) ||
      (node.kind === "call" && node.callee.kind === "name" && node.callee.name === "hasattr"),
  );
}

/** The function that holds the place keeps its answers by a decorator. Where a cached property runs, the analysis itself knows: once per row. */
export function isCachedFunction(input: RuleInput, span: Span): boolean {
  return pathTo(input.program, span).some((node) => node.kind === "function" && hasCacheDecorator(node));
}

function hasCacheDecorator(def: FunctionDef): boolean {
  return def.decorators.some((one) =>
    [...nodesIn(one)].some((node) => (node.kind === "name" || node.kind === "attribute") && /(^|_)cache(?!d_property)|memo/.test(node.name)),
  );
}
