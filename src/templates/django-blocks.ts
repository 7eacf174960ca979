import type { Assign, Expr, Stmt, Tag } from "../model/ir.ts";
import { type Binding, readArguments, readBindings } from "./django-arguments.ts";
import type { Bit } from "./django-bits.ts";
import { readCondition } from "./django-condition.ts";
import { readFilterChain } from "./django-expression.ts";
import type { DjangoPiece } from "./django-lexer.ts";
import { bitsOf, type DjangoSource, fail, makeString, missing, readBit } from "./django-source.ts";
import { lowerOutput, lowerTag, tagOf } from "./django-tags.ts";
import { foldConditions, makeIf } from "./fold-conditions.ts";
import type { BlockNode, BlockShape, Node } from "./tag-tree.ts";

type Block = BlockNode<DjangoPiece>;
type LowerBlock = (source: DjangoSource, block: Block, bits: readonly Bit[]) => readonly Stmt[];

interface BlockRule {
  readonly lower: LowerBlock;
  readonly shape: BlockShape;
}

function rule(name: string, lower: LowerBlock, ...branches: string[]): [string, BlockRule] {
  return [name, { lower, shape: { closers: [`end${name}`], branches: new Set(branches), isKnown: true } }];
}

const RULES: ReadonlyMap<string, BlockRule> = new Map([
  rule("for", lowerFor, "empty"),
  rule("if", lowerIf, "elif", "else"),
  rule("ifequal", lowerIfEqual, "else"),
  rule("ifnotequal", lowerIfEqual, "else"),
  rule("ifchanged", lowerIfChanged, "else"),
  rule("with", lowerWith),
  rule("block", lowerNamedBlock),
  rule("filter", lowerFilter),
  rule("cache", lowerCache),
  rule("autoescape", lowerCustom),
  rule("spaceless", lowerCustom),
  rule("language", lowerCustom),
  rule("localize", lowerCustom),
  rule("localtime", lowerCustom),
  rule("timezone", lowerCustom),
  rule("partialdef", lowerPartial),
  rule("blocktrans", lowerBlockTranslate, "plural"),
  rule("blocktranslate", lowerBlockTranslate, "plural"),
]);

const RESERVED: ReadonlySet<string> = new Set([
  ...[...RULES.values()].flatMap((known) => known.shape.closers),
  "else",
  "elif",
  "empty",
  "plural",
  "endcomment",
  "endverbatim",
]);

export const djangoGrammar = {
  shapeOf: (piece: DjangoPiece): BlockShape | null => RULES.get(piece.name)?.shape ?? null,
  isReserved: (name: string): boolean => RESERVED.has(name),
};

export function lowerNodes(source: DjangoSource, nodes: readonly Node<DjangoPiece>[]): readonly Stmt[] {
  return nodes.flatMap((node) => lowerNode(source, node));
}

function lowerNode(source: DjangoSource, node: Node<DjangoPiece>): readonly Stmt[] {
  if (node.kind === "leaf") {
    return node.piece.kind === "output" ? lowerOutput(source, node.piece) : lowerTag(source, node.piece);
  }
  const lower = RULES.get(node.head.name)?.lower ?? lowerCustom;
  return lower(source, node, bitsOf(source, node.head));
}

/** A block tag without a lowering of its own: branches are read as if both were rendered. */
function lowerCustom(source: DjangoSource, block: Block, bits: readonly Bit[]): readonly Stmt[] {
  return [{ ...blockTagOf(block), ...readArguments(source, bits), body: lowerAll(source, block) }];
}

function blockTagOf(block: Block): Tag {
  return { ...tagOf(block.head), end: block.end };
}

function lowerAll(source: DjangoSource, block: Block): readonly Stmt[] {
  const branches = block.branches.flatMap((branch) => lowerNodes(source, branch.items));
  return [...lowerNodes(source, block.items), ...branches];
}

function lowerBranch(source: DjangoSource, block: Block): readonly Stmt[] {
  return block.branches.flatMap((branch) => lowerNodes(source, branch.items));
}

/** `{% for a, b in rows reversed %}…{% empty %}…{% endfor %}`. */
function lowerFor(source: DjangoSource, block: Block, bits: readonly Bit[]): readonly Stmt[] {
  const { head } = block;
  const position = bits.at(-1)?.text === "reversed" ? bits.length - 3 : bits.length - 2;
  const isWellFormed = position > 0 && bits[position]?.text === "in";
  const index = isWellFormed ? position : bits.findIndex((bit) => bit.text === "in");
  if (!isWellFormed) fail(source, head.start, "for needs 'item in rows'");
  const target = readLoopTarget(source, head, bits[index]?.start ?? head.contentEnd);
  const iterable = readIterable(source, head, bits, index);
  const body = lowerNodes(source, block.items);
  const otherwise = lowerBranch(source, block);
  const at = { start: head.start, end: block.end, headEnd: head.end };
  return [{ kind: "for", target, iterable, body, otherwise, isAsync: false, ...at }];
}

function readLoopTarget(source: DjangoSource, head: DjangoPiece, end: number): Expr {
  const start = head.contentStart + head.name.length;
  const names: Expr[] = [];
  for (const match of source.text.slice(start, end).matchAll(/[^\s,]+/gu)) {
    const at = start + match.index;
    names.push({ kind: "name", name: match[0], start: at, end: at + match[0].length });
  }
  const [first, last] = [names[0], names.at(-1)];
  if (!first || !last) return missing(end);
  return first === last ? first : { kind: "sequence", type: "tuple", items: names, start: first.start, end: last.end };
}

function readIterable(source: DjangoSource, head: DjangoPiece, bits: readonly Bit[], index: number): Expr {
  const [bit, next] = index >= 0 ? bits.slice(index + 1) : [];
  if (!bit) return missing(head.contentEnd);
  const value = readBit(source, bit);
  if (next?.text !== "reversed") return value;
  return {
    kind: "pipe",
    name: "reversed",
    value,
    args: [],
    keywords: [],
    isTest: false,
    start: value.start,
    end: next.end,
  };
}

function lowerIf(source: DjangoSource, block: Block, bits: readonly Bit[]): readonly Stmt[] {
  const { head } = block;
  const test = readCondition(source, bits, head.start);
  const first = { test, start: head.start, body: lowerNodes(source, block.items) };
  const branches = block.branches.map((branch) => ({
    test: branch.head.name === "elif" ? readElif(source, branch.head) : null,
    start: branch.head.start,
    body: lowerNodes(source, branch.items),
  }));
  return foldConditions(first, branches, block.end);
}

function readElif(source: DjangoSource, head: DjangoPiece): Expr {
  return readCondition(source, bitsOf(source, head), head.start);
}

/** `{% ifequal a b %}`, which Django 4 dropped. */
function lowerIfEqual(source: DjangoSource, block: Block, bits: readonly Bit[]): readonly Stmt[] {
  const { head } = block;
  if (bits.length !== 2) fail(source, head.start, `${head.name} needs two arguments`);
  const [left, right] = bits.map((bit) => readBit(source, bit));
  const operator = head.name === "ifequal" ? "==" : "!=";
  const test: Expr =
    left && right ? { kind: "compare", left, operators: [operator], rights: [right], start: left.start, end: right.end } : (left ?? missing(head.contentEnd));
  return [ifOf(source, block, test)];
}

/** The values are compared with those of the last turn; without any, what the body renders is. */
function lowerIfChanged(source: DjangoSource, block: Block, bits: readonly Bit[]): readonly Stmt[] {
  const parts = bits.map((bit) => readBit(source, bit));
  const { contentStart: start, contentEnd: end } = block.head;
  const only = parts.length === 1 ? parts[0] : undefined;
  return [ifOf(source, block, only ?? { kind: "opaque", parts, start, end })];
}

function ifOf(source: DjangoSource, block: Block, test: Expr): Stmt {
  const body = lowerNodes(source, block.items);
  return makeIf(test, body, lowerBranch(source, block), { start: block.head.start, end: block.end });
}

/** The names stay bound after the block: what they hold is the same wherever they are read. */
function lowerWith(source: DjangoSource, block: Block, bits: readonly Bit[]): readonly Stmt[] {
  const { bindings, rest } = readBindings(source, bits);
  if (bindings.length === 0 || rest.length > 0) fail(source, block.head.start, "with needs 'name=value'");
  return [...bindings.map(toAssign), ...lowerAll(source, block)];
}

export function toAssign({ name, value }: Binding): Assign {
  const target: Expr = { kind: "name", name: name.text, start: name.start, end: name.end };
  const start = Math.min(name.start, value.start);
  const end = Math.max(name.end, value.end);
  return { kind: "assign", targets: [target], annotation: null, value, start, end };
}

function lowerNamedBlock(source: DjangoSource, block: Block, bits: readonly Bit[]): readonly Stmt[] {
  const name = bits[0]?.text ?? "";
  if (!name) fail(source, block.head.start, "block needs a name");
  return [{ kind: "block", name, body: lowerAll(source, block), start: block.head.start, end: block.end }];
}

/** `{% filter upper|cut:" " %}`: the filters are applied to the text that the body renders. */
function lowerFilter(source: DjangoSource, block: Block): readonly Stmt[] {
  const { head } = block;
  const bit = bitsOf(source, head)[0];
  const start = bit?.start ?? head.contentEnd;
  const rendered: Expr = { kind: "format", parts: [], start, end: start };
  const { expr, problem } = readFilterChain(source.text, start, head.contentEnd, rendered);
  if (problem) source.report.errors.push(problem);
  return [{ ...blockTagOf(block), args: [expr], body: lowerAll(source, block) }];
}

/** `{% cache 500 sidebar request.user.pk using="local" %}`: the fragment's name is text. */
function lowerCache(source: DjangoSource, block: Block, bits: readonly Bit[]): readonly Stmt[] {
  const [timeout, fragment, ...vary] = bits;
  if (!timeout || !fragment) fail(source, block.head.start, "cache needs a timeout and a name");
  const { args, keywords } = readArguments(source, vary);
  const fixed = [...(timeout ? [readBit(source, timeout)] : []), ...(fragment ? [makeString(fragment)] : [])];
  return [{ ...blockTagOf(block), args: [...fixed, ...args], keywords, body: lowerAll(source, block) }];
}

/** `{% partialdef name inline %}`: its words are names. */
function lowerPartial(source: DjangoSource, block: Block, bits: readonly Bit[]): readonly Stmt[] {
  return [{ ...blockTagOf(block), args: bits.map(makeString), body: lowerAll(source, block) }];
}

/** `{% blocktranslate with a=b count n=rows|length context "menu" trimmed asvar name %}…{% plural %}…`. */
function lowerBlockTranslate(source: DjangoSource, block: Block, bits: readonly Bit[]): readonly Stmt[] {
  const bindings: Binding[] = [];
  const args: Expr[] = [];
  let target: string | null = null;
  for (let rest = bits; rest.length > 0;) {
    const [bit, next] = rest;
    rest = rest.slice(1);
    if (bit?.text === "with" || bit?.text === "count") {
      const read = readBindings(source, rest);
      bindings.push(...read.bindings);
      rest = read.rest;
    } else if (bit?.text === "context" || bit?.text === "asvar") {
      if (next && bit.text === "context") args.push(readBit(source, next));
      else target = next?.text ?? null;
      rest = rest.slice(1);
    } else if (bit && bit.text !== "trimmed" && bit.text !== "and") {
      fail(source, bit.start, `unexpected '${bit.text}' in ${block.head.name}`);
    }
  }
  return [...bindings.map(toAssign), { ...blockTagOf(block), args, target, body: lowerAll(source, block) }];
}
