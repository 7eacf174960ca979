import { statementCount, type RunFigures, type ScopeFigures } from "./run-figures.ts";

/** What several runs without any change agree on: only that can tell what a fix does. */
export interface Baseline {
  readonly runs: readonly RunFigures[];
  readonly status: number;
  /** The first run's scopes. */
  readonly scopes: ReadonlyMap<string, ScopeFigures>;
  /** Scopes whose number of statements differs from run to run: they are not judged. */
  readonly unstable: ReadonlySet<string>;
  /** Facts that the runs do not agree on, as `keyOfFact` names them. */
  readonly noise: ReadonlySet<string>;
}

/** The facts of a scope that must stay as they are. */
export type Fact = "outcome" | "runs" | `response ${number}` | `rows ${string}` | `count ${string}`;

export function keyOfFact(scope: string, fact: Fact): string {
  return `${scope}\0${fact}`;
}

/** Reads what several runs of the unchanged project have in common. */
export function baselineOf(runs: readonly RunFigures[]): Baseline {
  const [first, ...others] = runs;
  if (first === undefined) throw new Error("there is no run to compare with");
  const unstable = new Set<string>();
  const noise = new Set<string>();
  const keys = new Set(runs.flatMap(({ scopes }) => [...scopes.keys()]));
  for (const key of keys) {
    const scope = first.scopes.get(key);
    for (const other of others) compareScope(key, scope, other.scopes.get(key), unstable, noise);
  }
  return { runs, status: first.status, scopes: first.scopes, unstable, noise };
}

function compareScope(key: string, first: ScopeFigures | undefined, other: ScopeFigures | undefined, unstable: Set<string>, noise: Set<string>): void {
  if (first === undefined || other === undefined) {
    unstable.add(key);
    return;
  }
  if (statementCount(first) !== statementCount(other) || first.runs !== other.runs) unstable.add(key);
  for (const fact of changedFacts(first, other)) noise.add(keyOfFact(key, fact));
}

/** The facts on which two runs of a scope differ. */
export function changedFacts(a: ScopeFigures, b: ScopeFigures): readonly Fact[] {
  const facts: Fact[] = [];
  if (a.outcome !== b.outcome) facts.push("outcome");
  if (a.runs !== b.runs) facts.push("runs");
  for (let index = 0; index < Math.max(a.responses.length, b.responses.length); index += 1) {
    if (!isSameResponse(a.responses[index], b.responses[index])) facts.push(`response ${index}`);
  }
  for (const group of new Set([...a.groups.keys(), ...b.groups.keys()])) {
    if (a.groups.get(group)?.count !== b.groups.get(group)?.count) facts.push(`count ${group}`);
  }
  for (const [key, fetch] of a.fetches) {
    const same = b.fetches.get(key);
    // A queryset that is evaluated more or less often is what a fix is for; the rows of one that stays are the answer.
    if (same !== undefined && same.count === fetch.count && same.rows !== fetch.rows) facts.push(`rows ${key}`);
  }
  return facts;
}

function isSameResponse(a: ScopeFigures["responses"][number] | undefined, b: typeof a): boolean {
  return a?.request === b?.request && a?.status === b?.status && a?.body === b?.body;
}
