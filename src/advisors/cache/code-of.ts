/** The project's own code with a cache around a queryset, and with a new generation beside a write. */
import type { Example, Expr, FunctionDef, RuleInput, Span } from "../../model/index.ts";
import { nodesIn, pathTo } from "../../python/syntax-tree.ts";
import type { Candidate, CandidateSite } from "../../rules/caching/candidates.ts";
import { lineOf } from "../../rules/caching/recorded-site.ts";
import { sentFrom } from "../../rules/database/statement-places.ts";
import { exprAt, functionAt, namesIn, statementOf } from "../../rules/code.ts";

/** Longer functions are shown by the statement alone. Ours. */
const MOST_LINES = 24;
/** What gives rows, and not one answer, is made a list: a queryset is not kept. */
const GIVES_ROWS: ReadonlySet<string> = new Set([
  "iterate",
  "list",
  "values",
  "choices",
  "form choices",
  "len",
  "bool",
  "sorted",
  "iterator",
  "text",
  "contains",
]);

export interface CachedCode {
  readonly file: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
  /** The text that is replaced in the file, and what replaces it, without the import. */
  readonly span: Span;
  readonly replacement: string;
  readonly names: readonly string[];
}

/** Null with the reason where a person has to write it. */
export function cachedCode(candidate: Candidate, source: RuleInput): CachedCode | { readonly why: string } {
  const { site, production } = candidate;
  if (site === null) return { why: whyNoSite(production === null ? 0 : sentFrom(production).length) };
  const span = placeToKeep(site, source);
  const chained = span === site.origin ? chainedOn(site.origin, source) : null;
  if (chained !== null) return { why: `${chained}() is asked of it too, which a list has not` };
  const expr = exprAt(source, span);
  const path = pathTo(source.program, span);
  const fn = functionAt(path);
  const statement = statementOf(path);
  if (expr === null || fn?.kind !== "function" || statement === null) return { why: "it is written in no function whose text was read" };
  const names = variablesOf(expr, fn);
  if (names.some((name) => name === "self" || name === "cls" || name === "request"))
    return {
      why: `what it asks for comes with ${names.find((name) => name === "self" || name === "cls" || name === "request") ?? ""}: the values that decide belong into the key one by one`,
    };
  const text = source.text(span.file);
  const replacement = callText(candidate, textOf(expr, text), {
    how: span === site.origin ? "iterate" : howOf(source, site),
    names,
    indent: indentOf(text, statement.start),
  });
  const shown = shownSpan(fn, statement, text);
  return {
    file: span.file,
    line: lineOf(text, span.start),
    before: text.slice(shown.start, shown.end),
    after: `from generations import cached\n\n\n${text.slice(shown.start, span.start)}${replacement}${text.slice(span.end, shown.end)}`,
    span,
    replacement,
    names,
  };
}

function whyNoSite(lines: number): string {
  if (lines === 0) return "no line of the source was found for it";
  return lines === 1 ? "one line may send it, and the recording does not name it" : "several lines may send it, and which did is not known";
}

/** The expression that runs it where that holds the queryset; else the queryset itself. */
function placeToKeep({ origin, sent }: CandidateSite, source: RuleInput): Span {
  const holds = sent.file === origin.file && sent.start <= origin.start && sent.end >= origin.end && exprAt(source, sent) !== null;
  return holds ? sent : origin;
}

/** What other code asks of the queryset beside its rows. */
function chainedOn(origin: Span, { facts }: RuleInput): string | null {
  const found = (facts.sent ?? []).find(
    (one) =>
      one.what.kind === "query" &&
      !GIVES_ROWS.has(one.what.how) &&
      one.origin.file === origin.file &&
      one.origin.start === origin.start &&
      one.span.start !== origin.start,
  );
  return found?.what.kind === "query" ? found.what.how : null;
}

function howOf({ facts }: RuleInput, { origin, sent }: CandidateSite): string {
  const same = (a: Span, b: Span): boolean => a.file === b.file && a.start === b.start && a.end === b.end;
  const found = (facts.sent ?? []).find((one) => one.what.kind === "query" && same(one.origin, origin) && same(one.span, sent));
  return found?.what.kind === "query" ? found.what.how : "iterate";
}

/** Names of the function that the expression reads, in the order of their first use. */
function variablesOf(expr: Expr, fn: FunctionDef): string[] {
  const local = new Set(fn.params.map(({ name }) => name));
  for (const node of nodesIn(fn)) if (node.kind === "assign") for (const target of node.targets) if (target.kind === "name") local.add(target.name);
  for (const node of nodesIn(fn)) if (node.kind === "for") for (const name of namesIn(node.target)) local.add(name);
  return [...namesIn(expr)].filter((name) => local.has(name));
}

const textOf = ({ start, end }: Expr, text: string): string => text.slice(start, end);

function callText(
  { site, tables, ttl }: Candidate,
  inner: string,
  { how, names, indent }: { readonly how: string; readonly names: readonly string[]; readonly indent: string },
): string {
  const made = GIVES_ROWS.has(how) && !inner.startsWith("list(") ? `list(${inner})` : inner;
  const [first = "", ...others] = names;
  const key = names.length === 0 ? "()" : `(${[first, ...others].join(", ")}${names.length === 1 ? "," : ""})`;
  const all = tables.map((name) => JSON.stringify(name)).join(", ");
  const lines = [
    `${JSON.stringify(site?.symbol ?? "")},`,
    `${key},`,
    `tables=(${all}${tables.length === 1 ? "," : ""}),`,
    `seconds=${ttl},`,
    `make=lambda: ${made},`,
  ];
  return `cached(\n${lines.map((line) => `${indent}    ${line}`).join("\n")}\n${indent})`;
}

function indentOf(text: string, at: number): string {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start, at))?.[0] ?? "";
}

interface Shown {
  readonly start: number;
  readonly end: number;
}

function shownSpan(fn: FunctionDef, statement: Shown, text: string): Shown {
  const isShort = text.slice(fn.start, fn.end).split("\n").length <= MOST_LINES;
  const { start, end } = isShort ? fn : statement;
  return { start: text.lastIndexOf("\n", start - 1) + 1, end };
}

/** A line after the statement that writes; null where that is part of a larger expression of no statement. */
export function changedCode(span: Span, tables: readonly string[], source: RuleInput): Pick<Example, "file" | "line" | "before" | "after"> | null {
  const path = pathTo(source.program, span);
  const statement = statementOf(path);
  const fn = functionAt(path);
  if (statement === null || statement.kind === "return" || statement.kind === "function" || statement.kind === "class") return null;
  const text = source.text(span.file);
  const indent = indentOf(text, statement.start);
  const lineEnd = text.indexOf("\n", statement.end);
  const end = lineEnd < 0 ? text.length : lineEnd;
  const shown = fn?.kind === "function" ? shownSpan(fn, statement, text) : { start: text.lastIndexOf("\n", statement.start - 1) + 1, end };
  const last = Math.max(shown.end, end);
  const added = `\n${indent}changed(${tables.map((name) => JSON.stringify(name)).join(", ")})`;
  return {
    file: span.file,
    line: lineOf(text, span.start),
    before: text.slice(shown.start, last),
    after: `from generations import changed\n\n\n${text.slice(shown.start, end)}${added}${text.slice(end, last)}`,
  };
}
