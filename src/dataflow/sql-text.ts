/** `cursor.execute("UPDATE …")`: SQL that code writes by itself. */
import type { Call, Expr } from "../model/index.ts";
import type { Engine } from "./engine.ts";
import type { Frame } from "./frame.ts";
import { spanOf } from "./recorder.ts";
import { noteSent } from "./sends.ts";
import type { CallArgs } from "./values.ts";

const METHODS: ReadonlySet<string> = new Set(["execute", "executemany"]);
const VERB = /^\s*(?:\(\s*)*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b/i;

export function noteSqlText(engine: Engine, expr: Call, args: CallArgs, frame: Frame): void {
  const [text] = expr.args;
  if (expr.callee.kind !== "attribute" || !METHODS.has(expr.callee.name) || text === undefined) return;
  const [value] = args.positional;
  const parts = value?.kind === "literal" && typeof value.value === "string" ? [value.value] : textParts(engine, text, frame);
  if (parts === null || !VERB.test(parts[0] ?? "")) return;
  noteSent(engine, { kind: "sql", parts }, { span: spanOf(frame.file, expr), frame }, null);
}

/** An f-string's texts, with null between them where a value stands that is not known. */
function textParts(engine: Engine, text: Expr, frame: Frame): (string | null)[] | null {
  if (text.kind === "str") return [text.value];
  if (text.kind === "binary" && text.operator === "%") return textParts(engine, text.left, frame)?.flatMap(withoutPlaceholders) ?? null;
  if (text.kind === "call" && text.callee.kind === "attribute" && text.callee.name === "format")
    return textParts(engine, text.callee.object, frame)?.flatMap(withoutFields) ?? null;
  if (text.kind !== "format") return null;
  return text.parts.map((part) => {
    const value = part.kind === "str" ? null : engine.evaluate(part, frame);
    if (part.kind === "str") return part.value;
    return value?.kind === "literal" && typeof value.value === "string" ? value.value : null;
  });
}

function withoutPlaceholders(part: string | null): (string | null)[] {
  return part === null ? [null] : between(part.split(/%s|%d|%\(\w+\)s/));
}

function withoutFields(part: string | null): (string | null)[] {
  return part === null ? [null] : between(part.split(/\{\w*\}/));
}

function between(texts: readonly string[]): (string | null)[] {
  return texts.flatMap((text, index) => (index === 0 ? [text] : [null, text]));
}
