/** Proves fixes: the same work before and after, and whatever does not help or changes results is taken out again. */
import type { ChosenFix } from "../fixes/plan-fixes.ts";
import { isSameEdit } from "../fixes/apply.ts";
import { baselineOf, type Baseline } from "./baseline.ts";
import { changesBetween, effectsOf, reachedScopes, scopesOf, type ChangedGroup, type Effect, type FixUnit } from "./effects.ts";
import { findCulprit } from "./find-culprit.ts";
import type { FixFigures, Pair, Proof, ProvenFix, RunTotals, UntriedFix, WithdrawnFix } from "./proof.ts";
import { compareResults, differenceSentence, type Difference } from "./results.ts";
import { databaseTime, sum, totalDatabaseTime, totalStatements, type RunFigures } from "./run-figures.ts";
import { isFaster, isSlower, slowdown, timing, type Timing } from "./timing.ts";
import { membersOf, planWeighings } from "./weighings.ts";

export interface ProofTrial {
  /** Runs the user's command with these fixes, and no others, applied to the copy. */
  readonly run: (fixes: readonly ChosenFix[], purpose: string) => Promise<RunFigures>;
  /** How often the command is run before and after, to know the noise. */
  readonly repeat: number;
  /** Throws when a run without any fix cannot serve as a measure. */
  readonly checkBefore: (run: RunFigures) => void;
}

/** Applies fixes together, looks for those to blame, and returns what is left with its figures. */
export async function prove(chosen: readonly ChosenFix[], trial: ProofTrial): Promise<Proof> {
  const bench = await openBench(trial);
  let units = unitsOf(chosen);
  let effects: Effects | null = null;
  for (;;) {
    units = await withdrawWhatChangesResults(bench, units);
    effects ??= await weigh(bench, units);
    units = withdrawWhatDoesNothing(bench, units, effects);
    const after = await bench.repeat(units, "with the fixes that help");
    if ((await confirmedDifferences(bench, units)).length > 0) continue;
    const left = await withdrawWhatDoesNotHelp(bench, units, effects, after);
    if (left.length === units.length) return conclude(bench, units, effects, after);
    if (sharesScopes(units, left, effects)) effects = null;
    units = left;
  }
}

type Effects = ReadonlyMap<FixUnit, Effect>;

/** Whether what was withdrawn and what is left show in one scope: then its figures are no longer what they were. */
function sharesScopes(units: readonly FixUnit[], left: readonly FixUnit[], effects: Effects): boolean {
  const scopesOfAll = (some: readonly FixUnit[]): Set<string> => new Set(some.flatMap((unit) => [...scopesOf(effects.get(unit) ?? NO_EFFECT)]));
  const scopes = scopesOfAll(left);
  return [...scopesOfAll(units.filter((unit) => !left.includes(unit)))].some((scope) => scopes.has(scope));
}

/** What the steps share: the runs made so far, and the verdicts. */
interface Bench {
  /** Grows by a run whenever a difference has to be told from chance. */
  before: Baseline;
  readonly run: (units: readonly FixUnit[], purpose: string) => Promise<RunFigures>;
  /** As many runs as were asked for; those that were made of these units already count. */
  readonly repeat: (units: readonly FixUnit[], purpose: string) => Promise<readonly RunFigures[]>;
  readonly more: (units: readonly FixUnit[], purpose: string) => Promise<RunFigures>;
  /** One more run without fixes. */
  readonly control: (purpose: string) => Promise<void>;
  readonly made: (units: readonly FixUnit[]) => readonly RunFigures[];
  readonly withdrawn: WithdrawnFix[];
  readonly untried: UntriedFix[];
  readonly runs: () => number;
}

/** Fewer do not tell what differs by itself. */
const LEAST_RUNS_BEFORE = 2;

async function openBench(trial: ProofTrial): Promise<Bench> {
  const made = new Map<string, RunFigures[]>();
  let runs = 0;
  const more = async (units: readonly FixUnit[], purpose: string): Promise<RunFigures> => {
    runs += 1;
    const figures = await trial.run(units.flat(), purpose);
    made.set(nameOf(units), [...(made.get(nameOf(units)) ?? []), figures]);
    return figures;
  };
  const repeat = async (units: readonly FixUnit[], purpose: string): Promise<readonly RunFigures[]> => {
    for (let number = made.get(nameOf(units))?.length ?? 0; number < trial.repeat; number += 1) {
      const figures = await more(units, `${purpose}, ${number + 1} of ${trial.repeat}`);
      if (units.length === 0) trial.checkBefore(figures);
    }
    return made.get(nameOf(units)) ?? [];
  };
  const run = async (units: readonly FixUnit[], purpose: string): Promise<RunFigures> => made.get(nameOf(units))?.[0] ?? more(units, purpose);
  await repeat([], "before any fix");
  // One run alone cannot tell what differs by itself.
  if (trial.repeat < LEAST_RUNS_BEFORE) await more([], "before any fix, for what differs by itself");
  const runsOf = (units: readonly FixUnit[]): readonly RunFigures[] => made.get(nameOf(units)) ?? [];
  const bench: Bench = {
    before: baselineOf(runsOf([])),
    run,
    repeat,
    more,
    made: runsOf,
    control: async (purpose) => {
      await more([], purpose);
      bench.before = baselineOf(runsOf([]));
    },
    withdrawn: [],
    untried: [],
    runs: () => runs,
  };
  return bench;
}

function nameOf(units: readonly FixUnit[]): string {
  return units.map(([{ finding }]) => finding.id).join("\n");
}

/** Findings with the very same edits are one thing to try. */
function unitsOf(chosen: readonly ChosenFix[]): readonly FixUnit[] {
  const units: [ChosenFix, ...ChosenFix[]][] = [];
  for (const one of chosen) {
    const same = units.find(([{ fix }]) => hasSameEdits(fix, one.fix));
    if (same) same.push(one);
    else units.push([one]);
  }
  return units;
}

function hasSameEdits({ edits: a }: ChosenFix["fix"], { edits: b }: ChosenFix["fix"]): boolean {
  return a.length === b.length && a.every((edit, index) => b[index] !== undefined && isSameEdit(edit, b[index]));
}

// ------------------------------------------------------------------------------------------------- results

async function withdrawWhatChangesResults(bench: Bench, units: readonly FixUnit[]): Promise<readonly FixUnit[]> {
  let left = units;
  for (;;) {
    const differences = await confirmedDifferences(bench, left);
    if (differences.length === 0) return left;
    left = await withdrawCulprit(bench, left, differences);
  }
}

/** What came out otherwise, after a run without fixes has shown that it is not the hour or chance, and twice. */
async function confirmedDifferences(bench: Bench, units: readonly FixUnit[]): Promise<readonly Difference[]> {
  if (units.length === 0) return [];
  await bench.run(units, `with ${countFixes(units)}`);
  const compared = (): readonly (readonly Difference[])[] => bench.made(units).map((run) => compareResults(bench.before, run));
  const differs = (): boolean => compared().some((one) => one.length > 0);
  if (!differs()) return [];
  await bench.control("without fixes, as results differ");
  if (!differs()) return [];
  if (bench.made(units).length === 1) await bench.more(units, "once more, as results differ");
  const [first = [], ...others] = compared().filter((one) => one.length > 0);
  return inCommon(first, others.flat());
}

function countFixes(units: readonly FixUnit[]): string {
  const count = units.flat().length;
  return count === 1 ? "1 fix" : `${count} fixes`;
}

function inCommon(some: readonly Difference[], others: readonly Difference[]): readonly Difference[] {
  return some.filter(({ scope }) => others.some((other) => other.scope === scope));
}

async function withdrawCulprit(bench: Bench, units: readonly FixUnit[], differences: readonly Difference[]): Promise<readonly FixUnit[]> {
  const purpose = "looking for the fix that changes results";
  const differencesWith = async (some: readonly FixUnit[]): Promise<readonly Difference[]> =>
    inCommon(compareResults(bench.before, await bench.run(some, purpose)), differences);
  const culprit = await findCulprit(units, async (some) => (await differencesWith(some)).length > 0);
  if (culprit === undefined) throw new Error("no fix was applied, and results differ");
  const upTo = units.slice(0, units.indexOf(culprit) + 1);
  const reason = hinted(await differencesWith(upTo));
  const without = upTo.length === 1 ? bench.before : await bench.run(upTo.slice(0, -1), purpose);
  const groups = changesBetween(without.scopes, (await bench.run(upTo, purpose)).scopes);
  withdraw(bench, culprit, { results: "different", reason, figures: figuresOf(groups, null) });
  return units.filter((unit) => unit !== culprit);
}

/** What most often makes another text of the same rows is an ordering that leaves some of them equal. */
function hinted(differences: readonly Difference[]): string {
  const isText = differences.every(({ kind }) => kind === "text");
  const hint = isText ? "; if only rows changed places, give the queryset a full ordering, then run again" : "";
  return `${differenceSentence(differences)}${hint}`;
}

type Verdict = Omit<WithdrawnFix, keyof ChosenFix>;

function withdraw(bench: Bench, unit: FixUnit, verdict: Verdict): void {
  bench.withdrawn.push(...unit.map((one) => ({ ...one, ...verdict })));
}

// ------------------------------------------------------------------------------------------------- effects

/** Finds out what each fix does from runs with different halves of them. */
async function weigh(bench: Bench, units: readonly FixUnit[]): Promise<Effects> {
  if (units.length === 0) return new Map();
  const plan = planWeighings(units.length);
  const all = await bench.run(units, `with ${countFixes(units)}`);
  const trials: RunFigures[] = [];
  for (let number = 0; number < plan.trials; number += 1) {
    trials.push(await bench.run(membersOf(units, plan, number), `telling fixes apart, ${number + 1} of ${plan.trials}`));
  }
  const effects = effectsOf({ before: bench.before, units, all, plan, trials });
  return new Map(units.map((unit, index) => [unit, effects[index] ?? NO_EFFECT]));
}

const NO_EFFECT: Effect = { groups: [], isShared: false };

function withdrawWhatDoesNothing(bench: Bench, units: readonly FixUnit[], effects: Effects): readonly FixUnit[] {
  return units.filter((unit) => {
    const effect = effects.get(unit) ?? NO_EFFECT;
    if (effect.groups.length > 0 || effect.isShared) return true;
    const reached = unit.flatMap((one) => reachedScopes(one.finding, bench.before));
    const wild = reached.find((scope) => bench.before.unstable.has(scope));
    if (wild !== undefined) leaveUntried(bench, unit, `statements differ from run to run without it in ${wild}`);
    else if (reached.length > 0) withdraw(bench, unit, { results: "equal", reason: "it changes no statement of this command", figures: null });
    else leaveUntried(bench, unit, `no statement of the command reaches ${placeOf(unit)}`);
    return false;
  });
}

function leaveUntried(bench: Bench, unit: FixUnit, reason: string): void {
  bench.untried.push(...unit.map((one) => ({ ...one, reason })));
}

function placeOf([{ finding }]: FixUnit): string {
  const place = finding.places.at(-1);
  return place === undefined ? "it" : `${place.file}:${place.line}`;
}

// ------------------------------------------------------------------------------------------------- time

async function withdrawWhatDoesNotHelp(bench: Bench, units: readonly FixUnit[], effects: Effects, after: readonly RunFigures[]): Promise<readonly FixUnit[]> {
  const slow = await slowUnits(bench, units, effects, after);
  return units.filter((unit) => {
    const verdict = slow.get(unit) ?? verdictOnCount(bench, effects.get(unit) ?? NO_EFFECT, after);
    if (verdict !== null) withdraw(bench, unit, verdict);
    return verdict === null;
  });
}

/** Fewer statements, fewer rows or less time: one of them, and no more statements for it. */
function verdictOnCount(bench: Bench, effect: Effect, after: readonly RunFigures[]): Verdict | null {
  if (effect.isShared) return null;
  const figures = figuresOf(effect.groups, groupTimes(bench, effect.groups, after));
  const { statements, rows, milliseconds } = figures;
  if (statements.after < statements.before) return null;
  const isTimed = after.length >= LEAST_RUNS_BEFORE;
  if (isTimed && milliseconds !== null && isFaster(milliseconds.before, milliseconds.after)) return null;
  if (statements.after === statements.before && rows.after < rows.before) return null;
  const reason =
    statements.after > statements.before
      ? `it adds ${countStatements(statements.after - statements.before)} to this command, and saves no time`
      : "it saves neither statements nor rows nor time in this command";
  return { results: "equal", reason, figures };
}

/** With three runs of each kind, one kind is slower throughout by chance once in so many times. */
const RUNS_FOR_TIME = 3;
const CHANCE = 20;
const MEASURES = [databaseTimeIn, clockTimeIn];

/** How often suspects are to be found slower before chance is as good as out of the question, however many they are. */
function roundsFor(suspects: number): number {
  return Math.ceil(Math.log(CHANCE * MEASURES.length * suspects) / Math.log(CHANCE));
}

/** Fixes that seem slower are taken out and put in again, all of them at once: those that are slower each time are. */
async function slowUnits(bench: Bench, units: readonly FixUnit[], effects: Effects, after: readonly RunFigures[]): Promise<ReadonlyMap<FixUnit, Verdict>> {
  const effectOf = (unit: FixUnit): Effect => effects.get(unit) ?? NO_EFFECT;
  // One run each says nothing of noise: then time is not judged.
  if (after.length < LEAST_RUNS_BEFORE) return new Map();
  const quiet = quietScopes(bench, units.map(effectOf));
  let suspects = units.filter((unit) => isSuspect(bench.before.runs, after, effectOf(unit), quiet));
  let slow: readonly SlowUnit[] = [];
  for (let round = roundsFor(suspects.length); round > 0 && suspects.length > 0; round -= 1) {
    const others = units.filter((unit) => !suspects.includes(unit));
    const [without, withThem] = await runInTurn(bench, others, units, RUNS_FOR_TIME);
    slow = suspects.flatMap((unit) => {
      const pairs = MEASURES.map((measure) => fairPair(without, withThem, effectOf(unit), measure, quiet));
      const slower = pairs.find(({ before, after: now }) => isSlower(before, now));
      return slower === undefined ? [] : [{ unit, ...slowdown(slower.before, slower.after) }];
    });
    suspects = slow.map(({ unit }) => unit);
  }
  return withoutSharedScopes(slow, effectOf, ({ unit, median, low, high }) => ({
    results: "equal",
    reason: `it is slower by ${rounded(median)} ms (${rounded(low)} to ${rounded(high)})`,
    figures: figuresOf(effectOf(unit).groups, groupTimes(bench, effectOf(unit).groups, after)),
  }));
}

/** Alternating, so that an hour that is slow for the machine is slow for both. */
async function runInTurn(
  bench: Bench,
  some: readonly FixUnit[],
  all: readonly FixUnit[],
  count: number,
): Promise<readonly [readonly RunFigures[], readonly RunFigures[]]> {
  const without: RunFigures[] = [];
  const withThem: RunFigures[] = [];
  for (let number = 1; number <= count; number += 1) {
    without.push(await bench.more(some, `without what seems slow, ${number} of ${count}`));
    withThem.push(await bench.more(all, `with what seems slow, ${number} of ${count}`));
  }
  return [without, withThem];
}

interface SlowUnit extends Timing {
  readonly unit: FixUnit;
}

/** Of slow fixes in one scope the slowest goes; what is left is judged again without it. */
function withoutSharedScopes(
  slow: readonly SlowUnit[],
  effectOf: (unit: FixUnit) => Effect,
  verdictOf: (slow: SlowUnit) => Verdict,
): ReadonlyMap<FixUnit, Verdict> {
  const verdicts = new Map<FixUnit, Verdict>();
  const taken = new Set<string>();
  for (const one of slow.toSorted((a, b) => b.median - a.median)) {
    const scopes = [...scopesOf(effectOf(one.unit))];
    if (scopes.some((scope) => taken.has(scope))) continue;
    for (const scope of scopes) taken.add(scope);
    verdicts.set(one.unit, verdictOf(one));
  }
  return verdicts;
}

/** Scopes that no fix changes: their time is the machine's alone. */
function quietScopes({ before }: Bench, effects: readonly Effect[]): readonly string[] {
  const changed = new Set(effects.flatMap((effect) => [...scopesOf(effect)]));
  return [...before.scopes.values()].filter(({ key, kind }) => kind !== "setup" && !changed.has(key)).map(({ key }) => key);
}

type Measure = (run: RunFigures, scopes: Iterable<string>) => number;

function isSuspect(before: readonly RunFigures[], after: readonly RunFigures[], effect: Effect, quiet: readonly string[]): boolean {
  if (effect.groups.length === 0) return false;
  const ofGroups = (run: RunFigures, scopes: Iterable<string>): number => (scopes === quiet ? databaseTimeIn(run, quiet) : groupTimeIn(run, effect.groups));
  return [ofGroups, databaseTimeIn, clockTimeIn].some((measure) => {
    const pair = fairPair(before, after, effect, measure, quiet);
    return isSlower(pair.before, pair.after);
  });
}

/** Times of a fix's scopes before and after; those before as slow as the machine has become since. */
function fairPair(before: readonly RunFigures[], after: readonly RunFigures[], effect: Effect, measure: Measure, quiet: readonly string[]): Pair<Timing> {
  const rest = pairOf(before, after, (run) => measure(run, quiet));
  const drift = rest.before.median > 0 ? Math.max(1, rest.after.median / rest.before.median) : 1;
  const scopes = scopesOf(effect);
  return { before: timing(before.map((run) => measure(run, scopes) * drift)), after: timing(after.map((run) => measure(run, scopes))) };
}

function pairOf(before: readonly RunFigures[], after: readonly RunFigures[], measure: (run: RunFigures) => number): Pair<Timing> {
  return { before: timing(before.map(measure)), after: timing(after.map(measure)) };
}

function databaseTimeIn(run: RunFigures, scopes: Iterable<string>): number {
  return sum(scopes, (key) => {
    const scope = run.scopes.get(key);
    return scope === undefined ? 0 : databaseTime(scope);
  });
}

function clockTimeIn(run: RunFigures, scopes: Iterable<string>): number {
  return sum(scopes, (key) => run.scopes.get(key)?.milliseconds ?? 0);
}

function groupTimeIn(run: RunFigures, groups: readonly ChangedGroup[]): number {
  return sum(groups, ({ scope, key }) => run.scopes.get(scope)?.groups.get(key)?.milliseconds ?? 0);
}

function groupTimes(bench: Bench, groups: readonly ChangedGroup[], after: readonly RunFigures[]): Pair<Timing> {
  return pairOf(bench.before.runs, after, (run) => groupTimeIn(run, groups));
}

function figuresOf(groups: readonly ChangedGroup[], milliseconds: Pair<Timing> | null): FixFigures {
  return {
    statements: { before: sum(groups, ({ before }) => before), after: sum(groups, ({ after }) => after) },
    rows: { before: sum(groups, ({ rowsBefore }) => rowsBefore), after: sum(groups, ({ rowsAfter }) => rowsAfter) },
    milliseconds,
    scopes: new Set(groups.map(({ scope }) => scope)).size,
  };
}

// ------------------------------------------------------------------------------------------------- the end

function conclude(bench: Bench, units: readonly FixUnit[], effects: Effects, after: readonly RunFigures[]): Proof {
  const { before, withdrawn, untried } = bench;
  const runsAfter = units.length === 0 ? before.runs : after;
  return {
    before: totalsOf(before.runs),
    after: totalsOf(runsAfter),
    kept: units.flatMap((unit) => provenFixes(bench, unit, effects.get(unit) ?? NO_EFFECT, runsAfter)),
    withdrawn,
    untried,
    unjudged: [...new Set([...before.unstable, ...wildScopes(runsAfter)])].toSorted(),
    runs: bench.runs(),
  };
}

/** Scopes that came out otherwise in one of several equal runs. */
function wildScopes([first, ...others]: readonly RunFigures[]): Iterable<string> {
  return first === undefined ? [] : baselineOf([first, ...others]).unstable;
}

/** Findings that one edit mends share its figures: the first has them. */
function provenFixes(bench: Bench, unit: FixUnit, effect: Effect, after: readonly RunFigures[]): readonly ProvenFix[] {
  const figures = figuresOf(effect.groups, groupTimes(bench, effect.groups, after));
  return unit.map((one, index) => ({ ...one, figures, isShared: effect.isShared || index > 0 }));
}

function totalsOf(runs: readonly RunFigures[]): RunTotals {
  const [first] = runs;
  const outcomes = new Map<string, number>();
  for (const { outcome } of first?.scopes.values() ?? []) {
    if (outcome !== null) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  return {
    status: first?.status ?? 0,
    outcomes,
    statements: first === undefined ? 0 : totalStatements(first),
    milliseconds: timing(runs.map(totalDatabaseTime)),
    runs: runs.length,
  };
}

function rounded(milliseconds: number): string {
  return milliseconds < 10 ? milliseconds.toFixed(1) : String(Math.round(milliseconds));
}

function countStatements(count: number): string {
  return count === 1 ? "1 statement" : `${count} statements`;
}
