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

/** What psql puts around a value: a space before each line, `+` after it where another follows, `|` with `\pset border 2`. */
function withoutFrame(text: string): string {
  return text.replace(/^\uFEFF/, "").split(/\r?\n/).map((line) => line.replace(/^\|/, "").replace(/[ \t]*[+|]+$/, "")).join("\n");
}

interface FoundValue {
  readonly value: unknown;
  readonly line: number;
}

/** Arrays and objects that begin a line; whatever stands between them is not ours. */
function jsonValues(text: string): FoundValue[] {
  const found: FoundValue[] = [];
  const start = /^[ \t]*[[{]/gm;
  for (let match = start.exec(text); match !== null; match = start.exec(text)) {
    const at = match.index + match[0].length - 1;
    const end = valueEnd(text, at);
    found.push({ value: parseOrNull(text.slice(at, end)), line: lineAt(text, at) });
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

function lineAt(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf("\n"); next >= 0 && next < at; next = text.indexOf("\n", next + 1)) line += 1;
  return line;
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
