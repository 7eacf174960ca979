/** Files of plans: EXPLAIN's JSON as it is, as psql prints it, or several of them one after the other. */
import type { Plan } from "../../model/plan.ts";
import { isRecord } from "./json-node.ts";
import { readPlan } from "./read-plan.ts";

export interface PlanText {
  readonly plans: readonly Plan[];
  /** JSON that begins and is not whole, or is not a plan. */
  readonly broken: number;
  /** Plans as text, which have figures that this does not read. */
  readonly textual: number;
}

export function readPlanText(text: string, file: string): PlanText {
  const values = jsonValues(withoutFrame(text));
  const found = values.map(({ value, line }) => plansIn(value, { file, line }));
  const broken = found.filter((one) => one.length === 0).length;
  return { plans: found.flat(), broken, textual: found.flat().length === 0 ? countTextual(text) : 0 };
}

/** What psql puts before a line of a value: bars, and with `\x` the column's name. No JSON has a bar before its first quote or bracket. */
const BEFORE = /^(?:[^"|│[\]{}]*[|│])+/;
function withoutFrame(text: string): string {
  return text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((line) => withoutEnd(withoutEnd(line.replace(BEFORE, ""), "|│"), "+↵"))
    .join("\n");
}

/** Behind a line stand `+` or `↵` where another follows, and a bar. */
function withoutEnd(line: string, marks: string): string {
  const text = line.trimEnd();
  return text !== "" && marks.includes(text.at(-1) ?? "") ? text.slice(0, -1).trimEnd() : text;
}

interface FoundValue {
  readonly value: unknown;
  readonly line: number;
}

/** Arrays and objects that begin a line; whatever stands between them is not ours. */
function jsonValues(text: string): FoundValue[] {
  const found: FoundValue[] = [];
  const start = /^[ \t]*[[{]/gm;
  let line = 1;
  let counted = 0;
  for (let match = start.exec(text); match !== null; match = start.exec(text)) {
    const at = match.index + match[0].length - 1;
    const end = valueEnd(text, at);
    line += lineBreaks(text, counted, at);
    counted = at;
    found.push({ value: parseOrNull(text.slice(at, end)), line });
    start.lastIndex = Math.max(end, at + 1);
  }
  return found;
}

function valueEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') at = stringEnd(text, at);
    else if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}

function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function lineBreaks(text: string, from: number, to: number): number {
  let count = 0;
  for (let next = text.indexOf("\n", from); next >= 0 && next < to; next = text.indexOf("\n", next + 1)) count += 1;
  return count;
}

/** Rows, their column, its text, an array, a plan, and one to spare. */
const MOST_WRAPPED = 6;

/** An array of plans, one plan, or rows of a client with the plan in a column. */
function plansIn(value: unknown, source: Plan["source"], depth = 0): Plan[] {
  if (depth > MOST_WRAPPED) return [];
  if (Array.isArray(value)) return value.flatMap((one: unknown) => plansIn(one, source, depth + 1));
  if (typeof value === "string") return value.startsWith("[") ? plansIn(parseOrNull(value), source, depth + 1) : [];
  if (!isRecord(value)) return [];
  const plan = safely(() => readPlan(value, source));
  return plan === null ? plansIn(value["QUERY PLAN"], source, depth + 1) : [plan];
}

/** A plan nested deeper than the stack is none. */
function safely(read: () => Plan | null): Plan | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function countTextual(text: string): number {
  return text.split("\n").filter((line) => /^[ |]*[A-Z][^(]*\(cost=[\d.]+\.\.[\d.]+ rows=/.test(line)).length;
}
