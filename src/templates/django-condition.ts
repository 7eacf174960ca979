import type { Expr } from "../model/ir.ts";
import type { Bit } from "./django-bits.ts";
import { type DjangoSource, fail, missing, readBit } from "./django-source.ts";

/** As in `django/template/smartif.py`: `in` binds looser than the comparisons, `not` looser than both. */
const BINDING: Readonly<Record<string, number>> = {
  or: 6,
  and: 7,
  in: 9,
  "not in": 9,
  is: 10,
  "is not": 10,
  "==": 10,
  "!=": 10,
  ">": 10,
  ">=": 10,
  "<": 10,
  "<=": 10,
};
const NOT_BINDING = 8;
const MAX_NESTING = 100;

interface Operator {
  readonly text: string;
  readonly binding: number;
  readonly length: number;
}

/** Reads the condition of `if` and `elif`; `at` is where to point when there is none. */
export function readCondition(source: DjangoSource, bits: readonly Bit[], at: number): Expr {
  if (bits.length === 0) {
    fail(source, at, "the condition is missing");
    return missing(at);
  }
  const reader = new ConditionReader(source, bits);
  return reader.read();
}

class ConditionReader {
  private readonly source: DjangoSource;
  private readonly bits: readonly Bit[];
  private index = 0;

  constructor(source: DjangoSource, bits: readonly Bit[]) {
    this.source = source;
    this.bits = bits;
  }

  read(): Expr {
    const expr = this.readFrom(0, 0);
    const extra = this.bits[this.index];
    if (extra) fail(this.source, extra.start, `unexpected '${extra.text}' in the condition`);
    return expr;
  }

  private readFrom(binding: number, depth: number): Expr {
    let left = this.readPrefix(depth);
    for (let steps = 0; steps < MAX_NESTING; steps++) {
      const operator = this.peekOperator();
      if (!operator || operator.binding <= binding) break;
      left = this.readRights(left, operator, depth);
    }
    return left;
  }

  private readPrefix(depth: number): Expr {
    const bit = this.bits[this.index];
    if (!bit) return this.failAtEnd();
    this.index++;
    if (depth > MAX_NESTING) {
      fail(this.source, bit.start, "the condition is nested too deep");
      this.index = this.bits.length;
      return missing(bit.start);
    }
    if (bit.text !== "not") return readBit(this.source, bit);
    const operand = this.readFrom(NOT_BINDING, depth + 1);
    return { kind: "not", operand, start: bit.start, end: operand.end };
  }

  /** All operands of a row of the same operator: `a or b or c` is one node. */
  private readRights(left: Expr, operator: Operator, depth: number): Expr {
    const rights: Expr[] = [];
    for (let next: Operator | null = operator; next?.text === operator.text; next = this.peekOperator()) {
      this.index += next.length;
      rights.push(this.readFrom(next.binding, depth + 1));
      if (operator.text !== "or" && operator.text !== "and") break;
    }
    const at = { start: left.start, end: rights.at(-1)?.end ?? left.end };
    if (operator.text === "or" || operator.text === "and") {
      return { kind: "bool", operator: operator.text, items: [left, ...rights], ...at };
    }
    return { kind: "compare", left, operators: [operator.text], rights, ...at };
  }

  private peekOperator(): Operator | null {
    const word = this.bits[this.index]?.text ?? "";
    const pair = `${word} ${this.bits[this.index + 1]?.text ?? ""}`;
    const text = pair === "not in" || pair === "is not" ? pair : word;
    const binding = BINDING[text];
    return binding === undefined ? null : { text, binding, length: text === pair ? 2 : 1 };
  }

  private failAtEnd(): Expr {
    const at = this.bits.at(-1)?.end ?? 0;
    fail(this.source, at, "the condition ends too early");
    return missing(at);
  }
}
