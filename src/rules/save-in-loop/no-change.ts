/** A save of a row that the round only reads: it writes what the queryset fetched. */
import type { Attribute, Model, RuleInput } from "../../model/index.ts";
import { nodesIn, type SyntaxNode } from "../../python/syntax-tree.ts";
import { targetsOf } from "../code.ts";
import { isSameSpan } from "../../model/span.ts";
import { isOverQueryset, type LoopWrite, unreadBase } from "../loop-writes.ts";

/** The row is fresh from its queryset, and the round reads plain columns of it, asks its relations and saves it: nothing else. */
export function setsNothing(one: LoopWrite, input: RuleInput): boolean {
  const { site, receiver, call, model } = one;
  const { loop, iterable } = site;
  if (loop?.kind !== "for" || iterable === null || loop.target.kind !== "name" || receiver.kind !== "name" || receiver.name !== loop.target.name) return false;
  const over = { file: one.span.file, start: iterable.start, end: iterable.end };
  if (!isOverQueryset(one, input) || input.facts.runs.some((run) => run.cached && isSameSpan(run.span, over))) return false;
  const nodes = loop.body.flatMap((stmt) => [...nodesIn(stmt)]);
  const isOfRow = (node: SyntaxNode): node is Attribute => node.kind === "attribute" && node.object.kind === "name" && node.object.name === receiver.name;
  const reads = nodes.filter(isOfRow).filter((node) => node !== call.callee);
  const known = new Set<SyntaxNode>([receiver, ...reads.map(({ object }) => object)]);
  if (nodes.some((node) => node.kind === "name" && node.name === receiver.name && !known.has(node))) return false;
  const targets = new Set<SyntaxNode>(nodes.flatMap(targetsOf).flatMap(nodesIn));
  const called = new Set<SyntaxNode>(nodes.flatMap((node) => (node.kind === "call" ? [node.callee] : [])));
  return reads.every((read) => !targets.has(read) && (isPlain(read, model) || (!called.has(read) && isNoColumn(read, model, input))));
}

/** A relation, or a column whose value nobody can change in place. */
function isPlain({ name }: Attribute, model: Model): boolean {
  if (name === "pk") return true;
  const field = [...model.fields.values()].find((one) => one.name === name || one.attname === name);
  return field !== undefined && (field.relation !== null || PLAIN.test(field.type));
}

/** What neither a field nor a class tells of: whatever it holds, `save()` does not write it. */
function isNoColumn({ name }: Attribute, model: Model, input: RuleInput): boolean {
  if (name.startsWith("_") || [...model.fields.values()].some((one) => one.name === name || one.attname === name)) return false;
  return input.program.member(model.cls, name) === null && unreadBase(input, model) === null;
}

const PLAIN = /^django\.db\.models\.(?:.*\.)?(?:\w*(?:Char|Text|Integer|Auto)|Boolean|Date|DateTime|Time|Duration|Decimal|Float|Email|Slug|URL|UUID)Field$/;
