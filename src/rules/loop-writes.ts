/** Writes that a loop does one by one where one statement could do them all. */
import type { Call, Confidence, Expr, Field, FindingDraft, LoopFact, Model, RuleInput, Spot, Write } from "../model/index.ts";
import { dottedName } from "../python/program-scope.ts";
import { isExternal } from "../python/resolve-class.ts";
import { isStatement, moduleOf, nodesIn, type SyntaxNode } from "../python/syntax-tree.ts";
import { callAt, functionAt, rootName, targetsOf } from "./code.ts";
import { isNamedAfter } from "./collect-fix.ts";
import { isFlush, isForOneMatch, isGuardedPerRound, isOverConstant, loopSite, type LoopSite, needsItsQueries, stopsEarly, withinLoop } from "./loops.ts";
import { isOverOwnFile } from "./own-files.ts";
import { oncePerPlace } from "./runs.ts";
import { isOverShortText } from "./short-texts.ts";
import { isPaced, waitsBeside } from "./waits-beside.ts";

export interface LoopWrite {
  readonly write: Write;
  readonly span: Write["span"];
  readonly loop: LoopFact;
  readonly site: LoopSite;
  readonly call: Call;
  /** `order` of `order.save()`. */
  readonly receiver: Expr;
  readonly model: Model;
}

/** Writes in the body of a loop itself, whose rows the loop brings or makes. */
export function loopWrites(input: RuleInput, methods: ReadonlySet<string>): LoopWrite[] {
  return oncePerPlace(
    input.facts.writes.flatMap((write) => {
      const { loop } = write;
      const model = write.model === null ? null : input.graph.byLabel(write.model);
      const call = callAt(input, write.span);
      if (loop === null || model === null || call?.callee.kind !== "attribute" || !methods.has(write.how)) return [];
      if (write.calls.length > 0 || (loop.over !== "rows" && loop.over !== "unknown")) return [];
      const site = loopSite(input, loop, write.span);
      if (needsItsQueries(input, site, loop) || isGuardedPerRound(site) || stopsEarly(site)) return [];
      return [{ write, span: write.span, loop, site, call, receiver: call.callee.object, model }];
    }),
  );
}

/** The thing that is written is another one each round: the loop binds a part of its name anew. `row.state = …` changes the row that it is. */
export function changesEachRound({ site, receiver }: LoopWrite): boolean {
  if (site.loop === null || rootName(receiver).length === 0) return false;
  const parts = nodesIn(receiver).flatMap((node) => (node.kind === "name" || node.kind === "attribute" ? (dottedName(node) ?? []) : []));
  return nodesIn(site.loop).some((node) => boundBy(node).some((name) => parts.includes(name)));
}

function boundBy(node: SyntaxNode): readonly string[] {
  if (node.kind === "walrus") return [node.name];
  return targetsOf(node)
    .flatMap((target) => (target.kind === "sequence" ? target.items : [target]))
    .flatMap((target) => dottedName(target) ?? []);
}

/** Signals that the bulk methods do not send, or a method of the project's or of a package's model that they do not call; what the nodes of a tree do by themselves, its querysets do too. */
export function hasHooks(input: RuleInput, model: Model, signals: readonly string[], method: string): boolean {
  if (model.signals.some((one) => signals.some((name) => one === name || one.endsWith(`.${name}`)))) return true;
  if (signals.includes("post_save") && [...model.fields.values()].some(isHistory)) return true;
  const member = input.program.member(model.cls, method);
  return member !== null && !/^(?:django|treebeard)(?:\.|$)/.test(member.owner.module.name);
}

/** simple_history writes a row of its own at each `post_save`. */
function isHistory({ type }: Field): boolean {
  return type.endsWith(".HistoricalRecords");
}

/** Bases of these that no stub describes add nothing to `save()` and `delete()`. */
const PLAIN_BASES = /^(?:django|typing|typing_extensions|abc|enum)\./;

/** A base from a package that was not read: its own methods may do what a statement for all rows leaves out. */
export function unreadBase({ program }: RuleInput, model: Model): string | null {
  for (const base of program.mro(model.cls)) if (isExternal(base) && !PLAIN_BASES.test(base.name)) return base.name;
  return null;
}

/** What the file calls the model's class: its own name, where that is what it means there. */
export function classNameIn(model: Model, file: string, input: RuleInput): string | null {
  const module = moduleOf(input.program, file);
  const symbol = module === null ? null : input.program.resolve(module, model.name);
  return symbol?.kind === "class" && symbol.cls === model.cls ? model.name : null;
}

export function autoNowFields(model: Model): readonly string[] {
  return [...model.fields.values()].filter((field) => field.autoNow && !isStampedOnce(field)).map((field) => field.name);
}

/** `auto_now_add`: only an insert writes it. */
function isStampedOnce({ declaration, type }: Field): boolean {
  return type.endsWith(".AutoCreatedField") || (declaration?.kind === "call" && declaration.keywords.some(({ name }) => name === "auto_now_add"));
}

/** A round that does more than this is a job of its own, and its writes are one part of it. */
const LONG_ROUND = 14;
const OUTSIDE = /send|mail|sleep|(?<!pre)fetch|download|upload|request|urlopen|notify|publish|delay|refund|charge|import/;

export function writeConfidence({ site, loop, receiver, span }: LoopWrite, input: RuleInput): Confidence {
  if (isOverConstant(site) || isOverOwnFile(site, loop, input) || isOverShortText(site, input) || site.loop === null || isFlush(site) || isForOneMatch(site))
    return "possible";
  const nodes = [...nodesIn(site.loop)];
  // Code that asks a row for its fields is written for rows of any model.
  if (nodes.some((node) => node.kind === "attribute" && node.name === "_meta" && rootName(receiver).some((name) => rootName(node).includes(name))))
    return "possible";
  if (nodes.filter(isStatement).length > LONG_ROUND) return "possible";
  // What was sent has to be marked at once: a failure later must not send it again.
  const acts =
    nodes.some((node) => node.kind === "call" && node.callee.kind === "attribute" && OUTSIDE.test(node.callee.name)) ||
    nodes.some((node) => node.kind === "call" && node.callee.kind === "name" && OUTSIDE.test(node.callee.name));
  return acts || isPaced(site, span, input) || waitsBeside(site, [span], input) !== null ? "possible" : "likely";
}

export function writePlaces({ write, loop }: LoopWrite): Spot[] {
  return [
    { role: "loop", span: loop.span },
    { role: "write", span: write.span, label: "one statement a round" },
  ];
}

export function writeKey({ write, model }: LoopWrite): FindingDraft["key"] {
  return [write.symbol, model.label, write.how];
}

/** The loop's text has a comment, which an edit of the whole loop would lose. */
export function hasComment({ site, span }: LoopWrite, input: RuleInput): boolean {
  const { loop } = site;
  if (loop === null) return false;
  const text = input.text(span.file);
  const end = text.indexOf("\n", loop.end);
  return text.slice(loop.start, end === -1 ? text.length : end).includes("#");
}

/** The write is all that the loop's body does. */
export function isWholeBody({ site }: LoopWrite): boolean {
  const [stmt] = withinLoop(site);
  return site.loop?.kind === "for" && site.loop.body.length === 1 && site.loop.otherwise.length === 0 && stmt?.kind === "expr" && !site.loop.isAsync;
}

/** A variable that the function goes on to read would still hold the rows as they were. */
export function isReadLater({ span, site }: LoopWrite, iterable: Expr, input: RuleInput): boolean {
  const holder = functionAt(site.path);
  if (iterable.kind !== "name") return false;
  if (holder?.kind !== "function" || site.loop === null) return true;
  const isCached = input.facts.runs.some((run) => run.span.file === span.file && run.span.start === iterable.start && run.cached);
  return isCached || isNamedAfter(holder.body, iterable.name, site.loop.end);
}

/** The loop goes straight over a queryset that one `delete()` or `update()` can stand for. */
export function isOverQueryset({ span, site, loop, model }: LoopWrite, input: RuleInput): boolean {
  const { iterable } = site;
  const isDirect = input.facts.runs.some(
    (run) =>
      run.how === "iterate" &&
      run.span.file === span.file &&
      run.span.start === iterable?.start &&
      run.span.end === iterable.end &&
      !run.sliced &&
      run.model === model.label,
  );
  return isDirect && loop.origin !== null && !loop.origin.calls.some((call) => ["values", "values_list", "distinct", "union", "iterator"].includes(call.name));
}
