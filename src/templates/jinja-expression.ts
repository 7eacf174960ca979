import type { Call, Expr, Keyword, Name, Param, Str } from "../model/ir.ts";
import { ExpressionHeight } from "./expression-height.ts";
import type { JinjaReader } from "./jinja-reader.ts";
import { readStringValue } from "./jinja-string.ts";
import type { JinjaToken } from "./jinja-tokens.ts";

const MAX_NESTING = 100;

/** Binary operators from the loosest to the tightest, as in `jinja2/parser.py`. `~` is between the two groups. */
const SUMS: ReadonlySet<string> = new Set(["+", "-"]);
const PRODUCTS: ReadonlySet<string> = new Set(["*", "/", "//", "%"]);
const POWERS: ReadonlySet<string> = new Set(["**"]);
const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">=", "in"]);
const KEYWORDS: ReadonlySet<string> = new Set(["and", "else", "if", "in", "is", "not", "or"]);
const CONSTANTS: Readonly<Record<string, "none" | "true" | "false">> = {
  none: "none",
  None: "none",
  true: "true",
  True: "true",
  false: "false",
  False: "false",
};

export interface CallArguments {
  readonly args: readonly Expr[];
  readonly keywords: readonly Keyword[];
}

/** Reads Jinja2 expressions off a tag's tokens. */
export class JinjaExpressions {
  private readonly reader: JinjaReader;
  private readonly height = new ExpressionHeight();
  private nesting = 0;

  constructor(reader: JinjaReader) {
    this.reader = reader;
  }

  /** `a`, or `a, b` as a tuple. A loop's rows end at `if`, which `hasCondition` false leaves alone. */
  readTuple(hasCondition = true): Expr {
    const { start } = this.reader;
    const first = this.readOperation(hasCondition);
    if (!this.reader.sees(",")) return first;
    const items = [first];
    while (this.reader.skip(",") && !this.endsTuple()) items.push(this.readOperation(hasCondition));
    return this.make({ kind: "sequence", type: "tuple", items, ...this.from(start) }, items);
  }

  read(): Expr {
    return this.readOperation(true);
  }

  /** `name` or `a, b` or `namespace.attribute`, to assign to. */
  readTarget(): Expr {
    const { start } = this.reader;
    const first = this.readTargetItem();
    if (!this.reader.sees(",")) return first;
    const items = [first];
    while (this.reader.skip(",") && !this.reader.sees("in") && !this.reader.sees("=")) items.push(this.readTargetItem());
    return { kind: "sequence", type: "tuple", items, ...this.from(start) };
  }

  /** A macro's parameters, parentheses included. */
  readParams(): readonly Param[] {
    const params: Param[] = [];
    this.reader.expect("(");
    while (!this.reader.isAtEnd && !this.reader.sees(")")) {
      const name = this.reader.takeName();
      const fallback = this.reader.skip("=") ? this.read() : null;
      if (name) params.push({ name: name.text, form: "positional", default: fallback, annotation: null });
      if (!this.reader.skip(",")) break;
    }
    this.reader.expect(")");
    return params;
  }

  /** The filters of a filter block or a block `set`, applied to `value`; the first `|` is optional. */
  readFilters(value: Expr): Expr {
    if (this.reader.peek()?.type !== "name") return this.readPipes(value);
    return this.readPipes(this.readFilter(value, value.start));
  }

  private readTargetItem(): Expr {
    if (!this.reader.sees("(")) {
      const name = this.readName();
      return this.reader.sees(".") ? this.readPostfix(name, name.start) : name;
    }
    const { start } = this.reader;
    return this.nested(() => {
      this.reader.take();
      const target = this.readTarget();
      this.reader.expect(")");
      return target.kind === "sequence" ? this.widen(target, start) : target;
    });
  }

  private readName(): Expr {
    const token = this.reader.takeName();
    return token ? nameOf(token) : this.missing();
  }

  private endsTuple(): boolean {
    return this.reader.isAtEnd || [")", "if", "recursive"].some((text) => this.reader.sees(text));
  }

  private readOperation(hasCondition: boolean): Expr {
    return this.nested(() => {
      const { start } = this.reader;
      const expr = this.readOr();
      return hasCondition ? this.readConditions(expr, start) : expr;
    });
  }

  private readConditions(body: Expr, start: number): Expr {
    let expr = body;
    while (this.reader.skip("if")) expr = this.readConditional(expr, start);
    return expr;
  }

  private readConditional(body: Expr, start: number): Expr {
    const test = this.readOr();
    const otherwise = this.reader.skip("else") ? this.read() : this.missing();
    const at = { start, end: Math.max(this.reader.end, otherwise.end) };
    // oxlint-disable-next-line unicorn/no-thenable -- the model's name for the branch; never awaited
    return this.make({ kind: "conditional", test, then: body, otherwise, ...at }, [test, body, otherwise]);
  }

  private readOr(): Expr {
    return this.readRow("or", () => this.readRow("and", () => this.readNot()));
  }

  private readRow(operator: "and" | "or", readItem: () => Expr): Expr {
    const { start } = this.reader;
    const first = readItem();
    if (!this.reader.sees(operator)) return first;
    const items = [first];
    while (this.reader.skip(operator)) items.push(readItem());
    return this.make({ kind: "bool", operator, items, ...this.from(start) }, items);
  }

  private readNot(): Expr {
    const { start } = this.reader;
    if (!this.reader.sees("not")) return this.readComparison();
    return this.nested(() => {
      this.reader.take();
      const operand = this.readNot();
      return this.make({ kind: "not", operand, ...this.from(start) }, [operand]);
    });
  }

  private readComparison(): Expr {
    const { start } = this.reader;
    const left = this.readSum();
    const operators: string[] = [];
    const rights: Expr[] = [];
    for (let operator = this.takeComparison(); operator; operator = this.takeComparison()) {
      operators.push(operator);
      rights.push(this.readSum());
    }
    if (rights.length === 0) return left;
    return this.make({ kind: "compare", left, operators, rights, ...this.from(start) }, [left, ...rights]);
  }

  private takeComparison(): string | null {
    if (this.reader.sees("not") && this.reader.sees("in", 1)) {
      this.reader.take();
      this.reader.take();
      return "not in";
    }
    return this.takeOneOf(COMPARISONS);
  }

  private readSum(): Expr {
    return this.readBinary(SUMS, () => this.readConcatenation());
  }

  /** `a ~ b ~ c` renders all its operands as text. */
  private readConcatenation(): Expr {
    const { start } = this.reader;
    const first = this.readProduct();
    if (!this.reader.sees("~")) return first;
    const parts = [first];
    while (this.reader.skip("~")) parts.push(this.readProduct());
    return this.make({ kind: "format", parts, ...this.from(start) }, parts);
  }

  private readProduct(): Expr {
    return this.readBinary(PRODUCTS, () => this.readBinary(POWERS, () => this.readUnary(true)));
  }

  private readBinary(operators: ReadonlySet<string>, readOperand: () => Expr): Expr {
    const { start } = this.reader;
    let left = readOperand();
    for (let operator = this.takeOneOf(operators); operator; operator = this.takeOneOf(operators)) {
      const right = readOperand();
      left = this.make({ kind: "binary", operator, left, right, ...this.from(start) }, [left, right]);
    }
    return left;
  }

  /** Filters apply after a sign: `-a|abs` is the absolute value of `-a`. */
  private readUnary(hasFilters: boolean): Expr {
    const { start } = this.reader;
    const operator = this.takeOneOf(SUMS);
    const value = operator === null ? this.readPrimary() : this.readSigned(operator, start);
    const expr = this.readPostfix(value, start);
    return hasFilters ? this.readPipes(expr, start) : expr;
  }

  private readSigned(operator: string, start: number): Expr {
    return this.nested(() => {
      const operand = this.readUnary(false);
      return this.make({ kind: "unary", operator, operand, ...this.from(start) }, [operand]);
    });
  }

  private readPrimary(): Expr {
    const token = this.reader.peek();
    if (!token || KEYWORDS.has(token.text)) return this.unreadable();
    if (token.type === "string") return this.readString(token.start);
    if (token.text === "(") return this.readGroup(token.start);
    if (token.text === "[") return this.readList(token.start);
    if (token.text === "{") return this.readDict(token.start);
    if (token.type === "operator") return this.unreadable();
    this.reader.take();
    if (token.type === "number") return numberOf(token);
    const constant = CONSTANTS[token.text];
    return constant ? { kind: "constant", value: constant, start: token.start, end: token.end } : nameOf(token);
  }

  private unreadable(): Expr {
    this.reader.fail("expected an expression");
    return this.missing();
  }

  /** Adjacent strings are one. */
  private readString(start: number): Expr {
    let value = "";
    while (this.reader.peek()?.type === "string") value += readStringValue(this.reader.take()?.text ?? "");
    return { kind: "str", value, ...this.from(start) };
  }

  private readGroup(start: number): Expr {
    this.reader.take();
    const isEmpty = this.reader.sees(")");
    const inner: Expr = isEmpty ? { kind: "sequence", type: "tuple", items: [], ...this.from(start) } : this.readTuple();
    this.reader.expect(")");
    return inner.kind === "sequence" && inner.type === "tuple" ? this.widen(inner, start) : inner;
  }

  /** A tuple's parentheses are part of it. */
  private widen(tuple: Expr & { readonly kind: "sequence" }, start: number): Expr {
    return this.make({ ...tuple, ...this.from(start) }, tuple.items);
  }

  private readList(start: number): Expr {
    this.reader.take();
    const items: Expr[] = [];
    while (!this.reader.isAtEnd && !this.reader.sees("]")) {
      items.push(this.read());
      if (!this.reader.skip(",")) break;
    }
    this.reader.expect("]");
    return this.make({ kind: "sequence", type: "list", items, ...this.from(start) }, items);
  }

  private readDict(start: number): Expr {
    this.reader.take();
    const entries: { readonly key: Expr; readonly value: Expr }[] = [];
    while (!this.reader.isAtEnd && !this.reader.sees("}")) {
      const key = this.read();
      this.reader.expect(":");
      entries.push({ key, value: this.read() });
      if (!this.reader.skip(",")) break;
    }
    this.reader.expect("}");
    const parts = entries.flatMap((entry) => [entry.key, entry.value]);
    return this.make({ kind: "dict", entries, ...this.from(start) }, parts);
  }

  private readPostfix(value: Expr, start: number): Expr {
    let expr = value;
    for (;;) {
      if (this.reader.sees(".")) expr = this.readMember(expr, start);
      else if (this.reader.sees("[")) expr = this.readSubscript(expr, start);
      else if (this.reader.sees("(")) expr = this.readCall(expr, start);
      else return expr;
    }
  }

  private readMember(object: Expr, start: number): Expr {
    this.reader.take();
    const token = this.reader.take();
    if (token?.type === "name") {
      return this.make(lookup(object, token.text, token.start, this.from(start)), [object]);
    }
    if (token?.type === "number") {
      return this.make({ kind: "subscript", object, index: numberOf(token), ...this.from(start) }, [object]);
    }
    this.reader.fail("expected an attribute's name");
    return object;
  }

  private readSubscript(object: Expr, start: number): Expr {
    this.reader.take();
    const { start: inner } = this.reader;
    const items = [this.readIndex()];
    while (this.reader.skip(",")) items.push(this.readIndex());
    const [first = this.missing()] = items;
    const innerAt = this.from(inner);
    this.reader.expect("]");
    const at = this.from(start);
    if (items.length === 1 && first.kind === "str" && isVerbatim(first)) {
      return this.make(lookup(object, first.value, first.start + 1, at), [object]);
    }
    const index: Expr = items.length === 1 ? first : { kind: "sequence", type: "tuple", items, ...innerAt };
    return this.make({ kind: "subscript", object, index, ...at }, [object, ...items]);
  }

  private readIndex(): Expr {
    const { start } = this.reader;
    const lower = this.reader.sees(":") ? null : this.read();
    if (lower && !this.reader.sees(":")) return lower;
    const upper = this.readSlicePart();
    const step = this.readSlicePart();
    const parts = [lower, upper, step].filter((part) => part !== null);
    return this.make({ kind: "slice", lower, upper, step, ...this.from(start) }, parts);
  }

  private readSlicePart(): Expr | null {
    if (!this.reader.skip(":")) return null;
    return this.reader.isAtEnd || [":", "]", ","].some((text) => this.reader.sees(text)) ? null : this.read();
  }

  /** Reads the arguments of a call to `callee`, which began at `start`. */
  private readCall(callee: Expr, start: number): Expr {
    const { args, keywords } = this.readCallArguments();
    const call: Call = { kind: "call", callee, args, keywords, ...this.from(start) };
    return this.make(call, [callee, ...args, ...keywords.map((keyword) => keyword.value)]);
  }

  private readCallArguments(): CallArguments {
    const args: Expr[] = [];
    const keywords: Keyword[] = [];
    this.reader.expect("(");
    while (!this.reader.isAtEnd && !this.reader.sees(")")) {
      this.readCallArgument(args, keywords);
      if (!this.reader.skip(",")) break;
    }
    this.reader.expect(")");
    return { args, keywords };
  }

  /** `value`, `name=value`, `*values` or `**values`. */
  private readCallArgument(args: Expr[], keywords: Keyword[]): void {
    const { start } = this.reader;
    if (this.reader.skip("**")) keywords.push({ name: "", value: this.read() });
    else if (this.reader.skip("*")) {
      const value = this.read();
      args.push(this.make({ kind: "star", value, ...this.from(start) }, [value]));
    } else if (this.reader.peek()?.type === "name" && this.reader.sees("=", 1)) {
      const name = this.reader.take()?.text ?? "";
      this.reader.take();
      keywords.push({ name, value: this.read() });
    } else args.push(this.read());
  }

  /** Filters, tests, and calls of what they give. */
  private readPipes(value: Expr, start = value.start): Expr {
    let expr = value;
    for (;;) {
      if (this.reader.skip("|")) expr = this.readFilter(expr, start);
      else if (this.reader.skip("is")) expr = this.readTest(expr, start);
      else if (this.reader.sees("(")) expr = this.readCall(expr, start);
      else return expr;
    }
  }

  private readFilter(value: Expr, start: number): Expr {
    const name = this.readDottedName();
    const given = this.reader.sees("(") ? this.readCallArguments() : { args: [], keywords: [] };
    return this.makePipe(name, value, given, start, false);
  }

  private readTest(value: Expr, start: number): Expr {
    const isNegated = this.reader.skip("not");
    const name = this.readDottedName();
    const test = this.makePipe(name, value, this.readTestArguments(), start, true);
    return isNegated ? this.make({ kind: "not", operand: test, ...this.from(start) }, [test]) : test;
  }

  /** A test takes one argument without parentheses: `is divisibleby 3`. */
  private readTestArguments(): CallArguments {
    if (this.reader.sees("(")) return this.readCallArguments();
    const token = this.reader.peek();
    const isArgument = token && (token.type !== "operator" || token.text === "[" || token.text === "{");
    if (!isArgument || (token.type === "name" && KEYWORDS.has(token.text))) return { args: [], keywords: [] };
    return { args: [this.nested(() => this.readPostfix(this.readPrimary(), token.start))], keywords: [] };
  }

  private makePipe(name: string, value: Expr, given: CallArguments, start: number, isTest: boolean): Expr {
    const parts = [value, ...given.args, ...given.keywords.map((keyword) => keyword.value)];
    return this.make({ kind: "pipe", name, value, ...given, isTest, ...this.from(start) }, parts);
  }

  private readDottedName(): string {
    const names = [this.reader.takeName()?.text ?? ""];
    while (this.reader.skip(".")) names.push(this.reader.takeName()?.text ?? "");
    return names.join(".");
  }

  private takeOneOf(texts: ReadonlySet<string>): string | null {
    const token = this.reader.peek();
    if (!token || token.type === "string" || !texts.has(token.text)) return null;
    this.reader.take();
    return token.text;
  }

  private make(expr: Expr, parts: readonly Expr[]): Expr {
    if (this.height.allows(expr, parts)) return expr;
    this.reader.fail("the expression is nested too deep");
    return { kind: "opaque", parts: [], start: expr.start, end: expr.end };
  }

  private nested(read: () => Expr): Expr {
    if (this.nesting >= MAX_NESTING) {
      this.reader.fail("the expression is nested too deep");
      return this.missing();
    }
    this.nesting++;
    const expr = read();
    this.nesting--;
    return expr;
  }

  private from(start: number): { readonly start: number; readonly end: number } {
    return { start, end: Math.max(start, this.reader.end) };
  }

  private missing(): Expr {
    return { kind: "opaque", parts: [], start: this.reader.end, end: this.reader.end };
  }
}

/** True when the value stands in the template as it is, between two quotes. */
function isVerbatim(string: Str): boolean {
  return string.end - string.start === string.value.length + 2;
}

function nameOf(token: JinjaToken): Name {
  return { kind: "name", name: token.text, start: token.start, end: token.end };
}

function numberOf(token: JinjaToken): Expr {
  return { kind: "num", value: Number(token.text.replaceAll("_", "")), start: token.start, end: token.end };
}

function lookup(object: Expr, name: string, nameStart: number, at: { start: number; end: number }): Expr {
  return { kind: "lookup", object, name, nameStart, calls: false, ...at };
}
