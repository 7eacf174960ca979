import type { RuleInput, Span } from "../../model/index.ts";
import { formatMilliseconds } from "../../model/numbers.ts";
import type { Candidate } from "../../rules/caching/candidates.ts";
import { lineOf } from "../../rules/caching/recorded-site.ts";

export function placeOf({ file, start }: Span, source: RuleInput | null): string {
  return source === null ? file : `${file}:${lineOf(source.text(file), start)}`;
}

export const ms = (value: number): string => `${formatMilliseconds(value)} ms`;

export const total = (candidates: readonly Candidate[], figure: (one: Candidate) => number): number => candidates.reduce((sum, one) => sum + figure(one), 0);

/** Seconds in words: `5 s`, `5 min`, `1 h`. */
export function lifeWords(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600 ? `${seconds / 60} min` : `${seconds / 3600} h`;
}

export const listWords = (names: readonly string[]): string => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
