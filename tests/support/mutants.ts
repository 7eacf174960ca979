/** An alert with one thing wrong in it: its trials have to see that. */
import type { Alert } from "../../src/advisors/monitoring/alert.ts";
import { namesIn } from "../../src/advisors/monitoring/promql.ts";

export interface Mutant {
  readonly what: string;
  readonly alert: Alert;
}

const COMPARISON = /(?<![!=<>])(>=|<=|==|!=|>|<) (-?[\d.]+(?:e[+-]?\d+)?)/g;
const OPPOSITES: Readonly<Record<string, readonly string[]>> = {
  ">": ["<", ">="],
  "<": [">", "<="],
  ">=": ["<", ">"],
  "<=": [">", "<"],
  "==": ["!="],
  "!=": ["=="],
};

export function mutantsOf(alert: Alert): Mutant[] {
  const texts = [...operators(alert.expr), ...thresholds(alert.expr), ...metrics(alert.expr), ...windows(alert.expr), ...clauses(alert.expr)];
  const holds = alert.hold === 0 ? [60] : [0, alert.hold - 60, alert.hold + 60, alert.hold * 2].filter((one, index, all) => all.indexOf(one) === index);
  return [
    ...texts.filter(({ expr }) => expr !== alert.expr).map(({ what, expr }) => ({ what: `${alert.name}: ${what}`, alert: { ...alert, expr } })),
    ...holds.map((hold) => ({ what: `${alert.name}: for ${hold} s`, alert: { ...alert, hold } })),
  ];
}

interface Change {
  readonly what: string;
  readonly expr: string;
}

const replaceAt = (text: string, at: number, length: number, by: string): string => text.slice(0, at) + by + text.slice(at + length);

function operators(expr: string): Change[] {
  return [...expr.matchAll(COMPARISON)].flatMap((match) =>
    (OPPOSITES[match[1] ?? ""] ?? []).map((by) => ({ what: `${match[1]} becomes ${by}`, expr: replaceAt(expr, match.index, (match[1] ?? "").length, by) })),
  );
}

/** A tenth more and less; 0 becomes 1. */
function thresholds(expr: string): Change[] {
  return [...expr.matchAll(COMPARISON)].flatMap((match) => {
    const value = Number(match[2]);
    const others = value === 0 ? [1] : [value * 1.1, value * 0.9];
    return others.map((other) => ({
      what: `${match[2]} becomes ${other}`,
      expr: replaceAt(expr, match.index + match[0].length - (match[2] ?? "").length, (match[2] ?? "").length, String(other)),
    }));
  });
}

function metrics(expr: string): Change[] {
  return [...new Set(namesIn(expr).references.map(({ metric }) => metric))].map((name) => ({
    what: `${name} is misspelt`,
    expr: expr.replaceAll(new RegExp(`\\b${name}\\b`, "g"), `${name}_x`),
  }));
}

function windows(expr: string): Change[] {
  const [found] = /\[\d+m\]/.exec(expr) ?? [];
  if (found === undefined) return [];
  const minutes = Number.parseInt(found.slice(1), 10);
  return [minutes * 2, Math.floor(minutes / 10)].map((other) => ({ what: `[${minutes}m] becomes [${other}m]`, expr: expr.replaceAll(found, `[${other}m]`) }));
}

/** Half of it is forgotten. */
function clauses(expr: string): Change[] {
  return [" and ", " unless "].flatMap((word) =>
    expr.includes(word) ? [{ what: `without what follows${word}`, expr: expr.slice(0, expr.indexOf(word)) }] : [],
  );
}
