/** As much of PromQL as it takes to see which metrics and labels an expression names, and which functions are laid over them. */
export interface Reference {
  readonly metric: string;
  /** Labels of its matchers. */
  readonly labels: readonly string[];
  /** The innermost function around it: `increase`, `rate`, `delta`; null for none. */
  readonly within: string | null;
}

export interface Names {
  readonly references: readonly Reference[];
  /** Labels of `by`, `on`, `without`, `ignoring` and `group_left`. */
  readonly grouped: readonly string[];
}

type Token = { readonly kind: "name" | "string" | "number" | "sign"; readonly text: string };

const TOKEN = /\s+|#[^\n]*|(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|(?<name>[a-zA-Z_][a-zA-Z0-9_:]*)|(?<number>\d[\w.]*|\.\d+)|(?<sign>[^\s])/gs;

function tokens(expr: string): Token[] {
  return [...expr.matchAll(TOKEN)].flatMap(({ groups = {} }): Token[] => {
    const kind = (["string", "name", "number", "sign"] as const).find((one) => groups[one] !== undefined);
    return kind === undefined ? [] : [{ kind, text: groups[kind] ?? "" }];
  });
}

const GROUPERS: ReadonlySet<string> = new Set(["by", "without", "on", "ignoring", "group_left", "group_right"]);
const WORDS: ReadonlySet<string> = new Set(["and", "or", "unless", "bool", "offset", "inf", "nan", "atan2"]);

export function namesIn(expr: string): Names {
  const all = tokens(expr);
  const references: Reference[] = [];
  const grouped: string[] = [];
  const calls: (string | null)[] = [];
  for (let at = 0; at < all.length; at += 1) {
    const token = all[at];
    if (token === undefined) break;
    if (token.text === "(") calls.push(calleeBefore(all, at));
    else if (token.text === ")") calls.pop();
    else if (token.kind === "name" && GROUPERS.has(token.text.toLowerCase())) at = readGroup(all, at + 1, grouped);
    else if (isMetric(all, at)) {
      const { labels, end } = readMatchers(all, at + 1);
      references.push({ metric: token.text, labels, within: calls.findLast((one) => one !== null) ?? null });
      at = end;
    }
  }
  return { references, grouped };
}

function isMetric(all: readonly Token[], at: number): boolean {
  const token = all[at];
  return token?.kind === "name" && !WORDS.has(token.text.toLowerCase()) && all[at + 1]?.text !== "(" && !isAggregation(all, at);
}

/** `sum by (x) (…)`: the name stands before its grouping. */
const isAggregation = (all: readonly Token[], at: number): boolean => ["by", "without"].includes(all[at + 1]?.text.toLowerCase() ?? "");

function calleeBefore(all: readonly Token[], at: number): string | null {
  const before = all[at - 1];
  return before?.kind === "name" && !GROUPERS.has(before.text.toLowerCase()) && !WORDS.has(before.text.toLowerCase()) ? before.text : null;
}

/** Gives the place of its closing bracket; `group_left` may have none. */
function readGroup(all: readonly Token[], at: number, into: string[]): number {
  if (all[at]?.text !== "(") return at - 1;
  let end = at + 1;
  for (; end < all.length && all[end]?.text !== ")"; end += 1) {
    const token = all[end];
    if (token?.kind === "name") into.push(token.text);
  }
  return end;
}

function readMatchers(all: readonly Token[], at: number): { readonly labels: readonly string[]; readonly end: number } {
  if (all[at]?.text !== "{") return { labels: [], end: at - 1 };
  const labels: string[] = [];
  let end = at + 1;
  for (; end < all.length && all[end]?.text !== "}"; end += 1) {
    const token = all[end];
    if (token?.kind === "name") labels.push(token.text);
  }
  return { labels, end };
}
