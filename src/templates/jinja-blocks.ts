import type { Assign, Expr, FunctionDef, Keyword, Stmt, Tag } from "../model/ir.ts";
import { type ConditionalBranch, foldConditions, makeIf } from "./fold-conditions.ts";
import type { JinjaPiece } from "./jinja-lexer.ts";
import { type JinjaTag, openTag, renderedText, tagOf } from "./jinja-source.ts";
import { lowerOutput, lowerTag, readCustomTag, readKeyword } from "./jinja-tags.ts";
import type { BlockNode, BlockShape, Node } from "./tag-tree.ts";
import type { TemplateReport } from "./template-report.ts";

type Block = BlockNode<JinjaPiece>;
type LowerBlock = (tag: JinjaTag, block: Block) => readonly Stmt[];

interface BlockRule {
  readonly lower: LowerBlock;
  readonly shape: BlockShape;
}

function rule(name: string, lower: LowerBlock, ...branches: string[]): [string, BlockRule] {
  return [name, { lower, shape: { closers: [`end${name}`], branches: new Set(branches), isKnown: true } }];
}

const RULES: ReadonlyMap<string, BlockRule> = new Map([
  rule("for", lowerFor, "else"),
  rule("if", lowerIf, "elif", "else"),
  rule("block", lowerNamedBlock),
  rule("macro", lowerMacro),
  rule("call", lowerCall),
  rule("filter", lowerFilter),
  rule("set", lowerBlockSet),
  rule("with", lowerWith),
  rule("autoescape", lowerAutoescape),
  rule("trans", lowerTrans, "pluralize"),
]);

const RESERVED: ReadonlySet<string> = new Set([...[...RULES.values()].flatMap((known) => known.shape.closers), "else", "elif", "pluralize", "endraw"]);

export const jinjaGrammar = {
  shapeOf: (piece: JinjaPiece): BlockShape | null => {
    if (piece.name === "set" && isInlineSet(piece)) return null;
    return RULES.get(piece.name)?.shape ?? null;
  },
  isReserved: (name: string): boolean => RESERVED.has(name),
};

/** `{% set a, b = value %}` has an `=` outside brackets; `{% set a | replace(old="x") %}` has not. */
function isInlineSet(piece: JinjaPiece): boolean {
  let depth = 0;
  for (const { type, text } of piece.tokens) {
    if (type !== "operator") continue;
    if ("([{".includes(text)) depth++;
    else if (")]}".includes(text)) depth--;
    else if (text === "=" && depth === 0) return true;
  }
  return false;
}

export function lowerNodes(report: TemplateReport, nodes: readonly Node<JinjaPiece>[]): readonly Stmt[] {
  return nodes.flatMap((node) => lowerNode(report, node));
}

function lowerNode(report: TemplateReport, node: Node<JinjaPiece>): readonly Stmt[] {
  if (node.kind === "leaf") {
    return node.piece.kind === "output" ? lowerOutput(report, node.piece) : lowerTag(report, node.piece);
  }
  const lower = RULES.get(node.head.name)?.lower;
  if (!lower) return [lowerCustom(report, node)];
  return lower(openTag(node.head, report), node);
}

/** An extension's block: branches are read as if all were rendered. */
function lowerCustom(report: TemplateReport, block: Block): Tag {
  return { ...readCustomTag(report, block.head), body: lowerAll(report, block), end: block.end };
}

function lowerAll(report: TemplateReport, block: Block): readonly Stmt[] {
  return [...lowerNodes(report, block.items), ...lowerBranches(report, block)];
}

function lowerBranches(report: TemplateReport, block: Block): readonly Stmt[] {
  return block.branches.flatMap((branch) => lowerNodes(report, branch.items));
}

function spanOf(block: Block): { readonly start: number; readonly end: number } {
  return { start: block.head.start, end: block.end };
}

/** `{% for a, b in rows if condition recursive %}…{% else %}…{% endfor %}`. */
function lowerFor({ reader, expressions, report }: JinjaTag, block: Block): readonly Stmt[] {
  const target = expressions.readTarget();
  reader.expect("in");
  const iterable = expressions.readTuple(false);
  const filter = reader.skip("if") ? expressions.read() : null;
  reader.skip("recursive");
  reader.expectEnd();
  const rows = lowerNodes(report, block.items);
  const body = filter ? [makeIf(filter, rows, [], { start: filter.start, end: block.end })] : rows;
  const otherwise = lowerBranches(report, block);
  return [{ kind: "for", target, iterable, body, otherwise, isAsync: false, headEnd: block.head.end, ...spanOf(block) }];
}

function lowerIf(tag: JinjaTag, block: Block): readonly Stmt[] {
  const test = readTest(tag);
  const body = lowerNodes(tag.report, block.items);
  const branches = block.branches.map((branch): ConditionalBranch => {
    const condition = branch.head.name === "elif" ? readTest(openTag(branch.head, tag.report)) : null;
    return { test: condition, start: branch.head.start, body: lowerNodes(tag.report, branch.items) };
  });
  return foldConditions({ test, start: block.head.start, body }, branches, block.end);
}

function readTest({ reader, expressions }: JinjaTag): Expr {
  const test = expressions.readTuple();
  reader.expectEnd();
  return test;
}

/** `{% block name scoped required %}`. */
function lowerNamedBlock({ reader, report }: JinjaTag, block: Block): readonly Stmt[] {
  const name = reader.takeName()?.text ?? "";
  return [{ kind: "block", name, body: lowerAll(report, block), ...spanOf(block) }];
}

function lowerMacro({ reader, expressions, report }: JinjaTag, block: Block): readonly Stmt[] {
  const name = reader.takeName()?.text ?? "";
  const params = expressions.readParams();
  reader.expectEnd();
  return [macroOf(name, params, lowerAll(report, block), block)];
}

/** `{% call(user) macro(…) %}…{% endcall %}`: the body is a macro of its own, which the call is given as `caller`. */
function lowerCall({ reader, expressions, report, piece }: JinjaTag, block: Block): readonly Stmt[] {
  const params = reader.sees("(") ? expressions.readParams() : [];
  const value = expressions.read();
  reader.expectEnd();
  const at = { start: piece.start, end: piece.end };
  const body = lowerAll(report, block);
  if (value.kind !== "call") return [{ kind: "output", value, ...at }, ...body];
  const caller = macroOf(`caller:${block.head.start}`, params, body, block);
  const given: Keyword = { name: "caller", value: { kind: "name", name: caller.name, start: value.end, end: value.end } };
  return [caller, { kind: "output", value: { ...value, keywords: [...value.keywords, given] }, ...at }];
}

function macroOf(name: string, params: FunctionDef["params"], body: readonly Stmt[], block: Block): FunctionDef {
  return { kind: "function", name, params, decorators: [], returns: null, isAsync: false, isGenerator: false, headEnd: block.head.end, body, ...spanOf(block) };
}

/** `{% filter upper|trim %}`: the filters are applied to the text that the body renders. */
function lowerFilter({ reader, expressions, report }: JinjaTag, block: Block): readonly Stmt[] {
  const filtered = expressions.readFilters(renderedText(reader.start));
  reader.expectEnd();
  return [{ ...tagOf(block.head), args: [filtered], body: lowerAll(report, block), end: block.end }];
}

/** `{% set name | upper %}…{% endset %}`: the name holds the text that the body renders. */
function lowerBlockSet({ reader, expressions, report }: JinjaTag, block: Block): readonly Stmt[] {
  const { start } = reader;
  const target = expressions.readTarget();
  const value = expressions.readFilters(renderedText(reader.end));
  reader.expectEnd();
  const end = Math.max(start, reader.end);
  return [...lowerAll(report, block), { kind: "assign", targets: [target], annotation: null, value, start, end }];
}

function lowerWith(tag: JinjaTag, block: Block): readonly Stmt[] {
  const assigns: Assign[] = [];
  while (!tag.reader.isAtEnd) {
    assigns.push(readBinding(tag));
    if (!tag.reader.skip(",")) break;
  }
  tag.reader.expectEnd();
  return [...assigns, ...lowerAll(tag.report, block)];
}

function readBinding(tag: JinjaTag): Assign {
  const { start } = tag.reader;
  const { name, value } = readKeyword(tag);
  const target: Expr = { kind: "name", name, start, end: start + name.length };
  return { kind: "assign", targets: [target], annotation: null, value, start, end: Math.max(start, tag.reader.end) };
}

function lowerAutoescape({ reader, expressions, report }: JinjaTag, block: Block): readonly Stmt[] {
  const args = [expressions.read()];
  reader.expectEnd();
  return [{ ...tagOf(block.head), args, body: lowerAll(report, block), end: block.end }];
}

/** `{% trans "context" trimmed user=row.user, count %}…{% pluralize count %}…{% endtrans %}`. */
function lowerTrans(tag: JinjaTag, block: Block): readonly Stmt[] {
  const { reader, expressions, report } = tag;
  const assigns: Assign[] = [];
  const args: Expr[] = [];
  while (!reader.isAtEnd) {
    if (reader.skip(",") || skipTrimming(tag)) continue;
    if (reader.sees("=", 1)) assigns.push(readBinding(tag));
    else args.push(expressions.read());
  }
  const counts = block.branches.flatMap((branch) => readCustomTag(report, branch.head).args);
  return [...assigns, { ...tagOf(block.head), args: [...args, ...counts], body: lowerAll(report, block), end: block.end }];
}

function skipTrimming({ reader }: JinjaTag): boolean {
  const isName = reader.sees("=", 1) || reader.sees(",", 1);
  return !isName && (reader.skip("trimmed") || reader.skip("notrimmed"));
}
