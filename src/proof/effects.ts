import type { ChosenFix } from "../fixes/plan-fixes.ts";
import type { Finding } from "../model/finding.ts";
import type { Baseline } from "./baseline.ts";
import { keyOfFact } from "./baseline.ts";
import type { RunFigures, ScopeFigures, StatementGroup } from "./run-figures.ts";
import { readWeighings, type Weighings } from "./weighings.ts";

/** Findings that one and the same edit mends: they are tried as one. */
export type FixUnit = readonly [ChosenFix, ...ChosenFix[]];

/** A statement group of a scope that is not what it was. */
export interface ChangedGroup {
  readonly scope: string;
  readonly key: string;
  readonly before: number;
  readonly after: number;
  readonly rowsBefore: number;
  readonly rowsAfter: number;
  /** For its frames and what it read, from whichever run has it. */
  readonly group: StatementGroup;
}

/** What a fix does to the statements of the command. */
export interface Effect {
  readonly groups: readonly ChangedGroup[];
  /** It does something only together with a fix that has the credit for it. */
  readonly isShared: boolean;
}

/** Groups by their counts before and after, as far as the runs before agree on them. */
export function changedGroups(before: Baseline, after: RunFigures): readonly ChangedGroup[] {
  return changesBetween(before.scopes, after.scopes).filter(({ scope, key }) => isStable(before, scope, key));
}

/** The same between any two runs. */
export function changesBetween(before: ReadonlyMap<string, ScopeFigures>, after: ReadonlyMap<string, ScopeFigures>): readonly ChangedGroup[] {
  const scopes = [...before.keys()].filter((key) => after.has(key));
  return scopes.flatMap((scope) => changedInScope(scope, before.get(scope), after.get(scope)));
}

function changedInScope(scope: string, before: ScopeFigures | undefined, after: ScopeFigures | undefined): readonly ChangedGroup[] {
  const keys = new Set([...(before?.groups.keys() ?? []), ...(after?.groups.keys() ?? [])]);
  return [...keys].flatMap((key) => {
    const [old, now] = [before?.groups.get(key), after?.groups.get(key)];
    const group = old ?? now;
    if (group === undefined || old?.count === now?.count) return [];
    const rows = { rowsBefore: old?.rows ?? 0, rowsAfter: now?.rows ?? 0 };
    return [{ scope, key, before: old?.count ?? 0, after: now?.count ?? 0, ...rows, group }];
  });
}

/** A scope that does not do the same each time says nothing, nor does a group that comes and goes. */
function isStable(before: Baseline, scope: string, key: string): boolean {
  return !before.unstable.has(scope) && !before.noise.has(keyOfFact(scope, `count ${key}`));
}

export interface Weighed {
  readonly before: Baseline;
  readonly units: readonly FixUnit[];
  /** A run with all units. */
  readonly all: RunFigures;
  readonly plan: Weighings;
  /** A run for each trial of the plan. */
  readonly trials: readonly RunFigures[];
}

/** Which fix changed which statements: for each unit its effect, empty where it has none. */
export function effectsOf({ before, units, all, plan, trials }: Weighed): readonly Effect[] {
  const own: ChangedGroup[][] = units.map(() => []);
  const shared = new Set<number>();
  for (const changed of groupsOfInterest(before, all, trials)) {
    const seen = trials.reduce((bits, run, trial) => (countIn(run, changed) === changed.before ? bits : bits | (1 << trial)), 0);
    const { sure, things } = readWeighings(plan, seen);
    const likely = sure ? things : things.filter((thing) => isAbout(units[thing], changed.group));
    const [credited, ...others] = likely;
    if (credited === undefined) continue;
    own[credited]?.push(changed);
    for (const other of others) shared.add(other);
  }
  return own.map((groups, index) => ({ groups, isShared: groups.length === 0 && shared.has(index) }));
}

/** What all fixes together change. What only some of them would have changed is no effect of the whole. */
function groupsOfInterest(before: Baseline, all: RunFigures, trials: readonly RunFigures[]): readonly ChangedGroup[] {
  return changedGroups(before, all).filter(({ scope }) => trials.every((run) => run.scopes.has(scope)));
}

function countIn(run: RunFigures, { scope, key }: ChangedGroup): number {
  return run.scopes.get(scope)?.groups.get(key)?.count ?? 0;
}

/** Whether a finding speaks of what a statement read, or of a line that it came through. */
function isAbout(unit: FixUnit | undefined, group: StatementGroup): boolean {
  return (unit ?? []).some(({ finding }) => readsRelation(finding, group) || passesPlace(finding, group));
}

function readsRelation({ relation }: Finding, { read }: StatementGroup): boolean {
  return read !== null && relation !== undefined && relation.split("__").includes(read.field);
}

/** Whether a statement came through one of the lines that a finding names. */
function passesPlace({ places }: Finding, { frames }: Pick<StatementGroup, "frames">): boolean {
  return places.some((place) => frames.some(({ file, line }) => file === place.file && line >= place.line && line <= place.endLine));
}

/** The scopes that reach what a finding is about: a statement passed one of its places, or read its relation. */
export function reachedScopes(finding: Finding, before: Baseline): readonly string[] {
  const isAboutIt = (group: StatementGroup): boolean => passesPlace(finding, group) || (group.read?.model === finding.model && readsRelation(finding, group));
  return [...before.scopes.values()].filter(({ groups }) => [...groups.values()].some(isAboutIt)).map(({ key }) => key);
}

/** The scopes that an effect shows in. */
export function scopesOf({ groups }: Effect): ReadonlySet<string> {
  return new Set(groups.map(({ scope }) => scope));
}
