import { changedFacts, keyOfFact, type Baseline, type Fact } from "./baseline.ts";
import type { RunFigures, ScopeFigures } from "./run-figures.ts";

/** A result that is not what it was before the fixes. */
export interface Difference {
  /** The scope's key; empty for the command as a whole. */
  readonly scope: string;
  readonly sentence: string;
  /** `text`: an answer came with the same status and another body. */
  readonly kind: "text" | "other";
}

/** Everything that came out otherwise than before, the gravest first; nothing that the runs before did not agree on. */
export function compareResults(before: Baseline, after: RunFigures): readonly Difference[] {
  const scopes = [...before.scopes].flatMap(([key, scope]) => compareScope(before, key, scope, after.scopes.get(key)));
  const status =
    before.status === after.status
      ? []
      : [{ scope: "", kind: "other" as const, sentence: `the command ended with status ${after.status} instead of ${before.status}` }];
  return [...scopes.toSorted((a, b) => a.gravity - b.gravity), ...status];
}

interface Weighted extends Difference {
  readonly gravity: number;
}

function compareScope(before: Baseline, key: string, scope: ScopeFigures, after: ScopeFigures | undefined): readonly Weighted[] {
  if (after === undefined) {
    return before.unstable.has(key) ? [] : [{ scope: key, kind: "other", gravity: 0, sentence: `${key} did not run any more` }];
  }
  return changedFacts(scope, after)
    .filter((fact) => !fact.startsWith("count ") && !before.noise.has(keyOfFact(key, fact)))
    .map((fact) => ({ scope: key, kind: kindOf(fact, scope, after), gravity: gravityOf(fact), sentence: describe(key, fact, scope, after) }));
}

function kindOf(fact: Fact, before: ScopeFigures, after: ScopeFigures): Difference["kind"] {
  const [kind, index] = fact.split(" ");
  const [old, now] = [before.responses[Number(index)], after.responses[Number(index)]];
  return kind === "response" && old?.status === now?.status && old?.request === now?.request ? "text" : "other";
}

function gravityOf(fact: Fact): number {
  if (fact === "outcome") return 0;
  return fact.startsWith("response") ? 1 : 2;
}

function describe(key: string, fact: Fact, before: ScopeFigures, after: ScopeFigures): string {
  if (fact === "outcome") return `${key} ${after.outcome ?? "has no outcome"}, and ${before.outcome ?? "had none"} before`;
  if (fact === "runs") return `${key} ran ${after.runs} instead of ${before.runs} times`;
  const [kind, ...rest] = fact.split(" ");
  if (kind === "response") return describeResponse(key, Number(rest[0]), before, after);
  return describeRows(key, rest.join(" "), before, after);
}

function describeResponse(key: string, index: number, before: ScopeFigures, after: ScopeFigures): string {
  const [old, now] = [before.responses[index], after.responses[index]];
  if (old === undefined || now === undefined) {
    return `${key} had ${after.responses.length} instead of ${before.responses.length} answers`;
  }
  const where = key === `request ${old.request}` ? "" : ` in ${key}`;
  if (old.request !== now.request) return `${now.request} was asked for instead of ${old.request}${where}`;
  if (old.status !== now.status) return `${old.request} answers ${now.status} instead of ${old.status}${where}`;
  return `${old.request} answers with another text${where}`;
}

function describeRows(key: string, fetch: string, before: ScopeFigures, after: ScopeFigures): string {
  const [old, now] = [before.fetches.get(fetch), after.fetches.get(fetch)];
  const frame = old?.frames[0];
  const where = frame === undefined ? "" : ` at ${frame.file}:${frame.line}`;
  return `${old?.model ?? "a queryset"}${where} gives ${now?.rows ?? 0} rows instead of ${old?.rows ?? 0} in ${key}`;
}

/** The first difference, and in how many scopes there is one. */
export function differenceSentence(differences: readonly Difference[]): string {
  const [first] = differences;
  if (first === undefined) return "";
  const scopes = new Set(differences.map(({ scope }) => scope).filter(Boolean)).size;
  return scopes > 1 ? `${first.sentence}, and ${scopes - 1} more like it` : first.sentence;
}
