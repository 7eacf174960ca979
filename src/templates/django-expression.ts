import type { Expr } from "../model/ir.ts";
import { endOfQuoted } from "./quoted-string.ts";
import type { TemplateError } from "./template-report.ts";

/** No template has longer chains; the IR must stay shallow for those who recurse over it. */
const MAX_STEPS = 100;

const VARIABLE = /[\p{L}\p{M}\p{N}_.]+/uy;
const SIGNED_NUMBER = /[-+]\d[\d.e]*/y;
const FILTER = /\s*\|\s*([\p{L}\p{M}\p{N}_]+)/uy;
const NUMERIC = /^[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;

const CONSTANTS: Readonly<Record<string, "none" | "true" | "false">> = { None: "none", True: "true", False: "false" };

export interface ReadExpression {
  readonly expr: Expr;
  readonly problem: TemplateError | null;
}

/** Reads a filter expression, `variable.path|filter:argument`, from `start` to `end` of the template. */
export function readFilterExpression(text: string, start: number, end: number): ReadExpression {
  const reader = new FilterReader(text.slice(start, end), start);
  return reader.read();
}

/** Reads the filters alone, as the `filter` tag has them, applied to `value`. */
export function readFilterChain(text: string, start: number, end: number, value: Expr): ReadExpression {
  const reader = new FilterReader(`|${text.slice(start, end)}`, start - 1);
  return reader.readFilters(value);
}

class FilterReader {
  private readonly source: string;
  private readonly offset: number;
  private at = 0;
  private problem: TemplateError | null = null;

  constructor(source: string, offset: number) {
    this.source = source;
    this.offset = offset;
  }

  read(): ReadExpression {
    const value = this.readOperand();
    if (value) return this.readFilters(value);
    const [start, end] = [this.offset, this.offset + this.source.length];
    const what = this.source === "" ? "an expression is missing" : `could not read '${this.source.slice(0, 40)}'`;
    return { expr: { kind: "opaque", parts: [], start, end }, problem: { start, message: what } };
  }

  readFilters(value: Expr): ReadExpression {
    let expr = value;
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      const name = this.match(FILTER, 1);
      if (name === null) break;
      const args = this.readArgument();
      const { start } = expr;
      expr = { kind: "pipe", name, value: expr, args, keywords: [], isTest: false, start, end: this.offset + this.at };
    }
    this.checkRemainder();
    return { expr, problem: this.problem };
  }

  private readArgument(): readonly Expr[] {
    if (this.source.charAt(this.at) !== ":") return [];
    this.at++;
    const argument = this.readOperand();
    if (argument) return [argument];
    this.fail(this.at, "the filter's argument is missing");
    return [];
  }

  private readOperand(): Expr | null {
    const start = this.at;
    const string = this.readString(start) ?? this.readTranslated(start);
    if (string) return string;
    const word = this.match(VARIABLE) ?? this.match(SIGNED_NUMBER);
    if (word === null) return null;
    return NUMERIC.test(word) ? this.makeNumber(word, start) : this.makeVariable(word, start);
  }

  private readString(start: number): Expr | null {
    const end = endOfQuoted(this.source, start);
    if (end === 0) return null;
    this.at = end;
    return this.makeString(start, end, start);
  }

  /** `_("text")` is the text, to us. */
  private readTranslated(start: number): Expr | null {
    if (!this.source.startsWith("_(", start)) return null;
    const close = endOfQuoted(this.source, start + 2);
    if (close === 0 || this.source.charAt(close) !== ")") return null;
    this.at = close + 1;
    return this.makeString(start + 2, close, start);
  }

  private makeString(open: number, close: number, start: number): Expr {
    const quote = this.source.charAt(open);
    const inner = this.source.slice(open + 1, close - 1);
    const value = inner.includes("\\") ? inner.replaceAll(`\\${quote}`, quote).replaceAll("\\\\", "\\") : inner;
    return { kind: "str", value, start: this.offset + start, end: this.offset + this.at };
  }

  private makeNumber(word: string, start: number): Expr {
    return { kind: "num", value: Number(word.replaceAll("_", "")), ...this.span(start, word) };
  }

  private makeVariable(word: string, start: number): Expr {
    const segments = word.split(".");
    const first = segments[0] ?? "";
    const constant = CONSTANTS[first];
    const head: Expr =
      constant && segments.length === 1
        ? { kind: "constant", value: constant, ...this.span(start, first) }
        : { kind: "name", name: first, ...this.span(start, first) };
    if (segments.includes("") || segments.length > MAX_STEPS) this.fail(start, `could not read '${word.slice(0, 40)}'`);
    return this.addLookups(head, segments.slice(1, MAX_STEPS), start + first.length);
  }

  private addLookups(head: Expr, names: readonly string[], from: number): Expr {
    let expr = head;
    let at = from;
    for (const name of names) {
      const nameStart = this.offset + at + 1;
      const end = nameStart + name.length;
      if (name) expr = { kind: "lookup", object: expr, name, nameStart, calls: true, start: head.start, end };
      at += name.length + 1;
    }
    return expr;
  }

  private span(start: number, word: string): { readonly start: number; readonly end: number } {
    return { start: this.offset + start, end: this.offset + start + word.length };
  }

  private checkRemainder(): void {
    const rest = this.source.slice(this.at);
    if (rest.trim() !== "") this.fail(this.at, `could not read the rest, '${rest.trim().slice(0, 40)}'`);
  }

  private fail(at: number, message: string): void {
    this.problem ??= { start: this.offset + at, message };
  }

  private match(pattern: RegExp, group = 0): string | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.source);
    if (!match) return null;
    this.at = pattern.lastIndex;
    return match[group] ?? null;
  }
}
