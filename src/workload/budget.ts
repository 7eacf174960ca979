/** What each test and route costs in statements, and what has grown since that was written down. */
import type { Frame, PlaceCount, Recording, ScopeTotals } from "../model/recording.ts";

export interface BudgetEntry {
  /** The most that a scope of that name sent. */
  readonly statements: number;
  /** Statements by file and function: lines move too often to be kept. */
  readonly places: Readonly<Record<string, number>>;
}

export interface Budget {
  readonly tests: Readonly<Record<string, BudgetEntry>>;
  readonly routes: Readonly<Record<string, BudgetEntry>>;
}

export interface Tolerance {
  readonly statements: number;
  /** As a share of what is in the budget. */
  readonly share: number;
}

export interface Change {
  readonly kind: "test" | "route";
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** Where the new statements come from, the most first. */
  readonly places: readonly PlaceChange[];
}

export interface PlaceChange {
  readonly place: string;
  readonly frame: Frame | null;
  readonly before: number;
  readonly after: number;
}

export interface BudgetComparison {
  readonly grown: readonly Change[];
  readonly shrunk: readonly Change[];
  readonly kept: number;
  /** Names that the budget has not, and those that were not run. */
  readonly added: readonly string[];
  readonly notRun: readonly string[];
}

/** Routes that only tests asked for are in the tests' figures: which test asks how often would change theirs. */
export function budgetOf(recording: Recording): Budget {
  const entries = (kind: ScopeTotals["kind"]): Record<string, BudgetEntry> =>
    Object.fromEntries(scopesOf(recording, kind).map((scope) => [scope.label, { statements: scope.statements.max, places: placesOf(scope.places) }]));
  return { tests: entries("test"), routes: entries("request") };
}

function scopesOf(recording: Recording, kind: ScopeTotals["kind"]): readonly ScopeTotals[] {
  return recording.scopes
    .filter((scope) => scope.kind === kind && (kind === "test" || scope.inTests < scope.scopes))
    .toSorted((a, b) => order(a.label, b.label));
}

function placesOf(places: readonly PlaceCount[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { frame, statements } of places) counts.set(placeName(frame), (counts.get(placeName(frame)) ?? 0) + statements);
  return Object.fromEntries([...counts].toSorted(([a], [b]) => order(a, b)));
}

function placeName(frame: Frame | null): string {
  if (frame === null) return "outside the project";
  return frame.kind === "python" ? `${frame.file} ${frame.name}` : frame.file;
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function compareBudget(budget: Budget, recording: Recording, tolerance: Tolerance): BudgetComparison {
  const tests = compareKind(budget.tests, scopesOf(recording, "test"), "test", tolerance);
  const routes = compareKind(budget.routes, scopesOf(recording, "request"), "route", tolerance);
  return {
    grown: [...tests.grown, ...routes.grown].toSorted((a, b) => b.after - b.before - (a.after - a.before) || order(a.name, b.name)),
    shrunk: [...tests.shrunk, ...routes.shrunk].toSorted((a, b) => b.before - b.after - (a.before - a.after) || order(a.name, b.name)),
    kept: tests.kept + routes.kept,
    added: [...tests.added, ...routes.added],
    notRun: [...tests.notRun, ...routes.notRun],
  };
}

function compareKind(
  known: Readonly<Record<string, BudgetEntry>>,
  scopes: readonly ScopeTotals[],
  kind: Change["kind"],
  tolerance: Tolerance,
): BudgetComparison {
  const grown: Change[] = [];
  const shrunk: Change[] = [];
  const added: string[] = [];
  let kept = 0;
  for (const scope of scopes) {
    const entry = Object.hasOwn(known, scope.label) ? known[scope.label] : undefined;
    const after = scope.statements.max;
    if (entry === undefined) added.push(scope.label);
    else if (after > entry.statements + Math.max(tolerance.statements, Math.floor(entry.statements * tolerance.share)))
      grown.push(changeOf(kind, scope, entry));
    else if (after < entry.statements) shrunk.push(changeOf(kind, scope, entry));
    else kept += 1;
  }
  const run = new Set(scopes.map(({ label }) => label));
  return { grown, shrunk, kept, added, notRun: Object.keys(known).filter((name) => !run.has(name)) };
}

function changeOf(kind: Change["kind"], scope: ScopeTotals, { statements: before, places }: BudgetEntry): Change {
  const frames = new Map<string, Frame | null>();
  // Places are sorted by what they sent: the first of a function is its busiest line.
  for (const { frame } of scope.places) if (!frames.has(placeName(frame))) frames.set(placeName(frame), frame);
  const now = placesOf(scope.places);
  const changes = [...new Set([...Object.keys(now), ...Object.keys(places)])].map((place): PlaceChange => ({
    place,
    frame: frames.get(place) ?? null,
    before: places[place] ?? 0,
    after: now[place] ?? 0,
  }));
  const isGrown = scope.statements.max > before;
  const relevant = changes.filter((one) => (isGrown ? one.after > one.before : one.after < one.before));
  return {
    kind,
    name: scope.label,
    before,
    after: scope.statements.max,
    places: relevant.toSorted((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before) || order(a.place, b.place)),
  };
}

/** The budget with the entries of another that it has not itself. */
export function mergeBudget(budget: Budget, older: Budget): Budget {
  return { tests: { ...older.tests, ...budget.tests }, routes: { ...older.routes, ...budget.routes } };
}

/** The lock file: one line an entry, sorted, so that a change of it can be read in a diff. */
export function writeBudget({ tests, routes }: Budget): string {
  const table = (name: string, entries: Readonly<Record<string, BudgetEntry>>): string => {
    const lines = Object.entries(entries)
      .toSorted(([a], [b]) => order(a, b))
      .map(([key, entry]) => `${quote(key)} = ${writeEntry(entry)}\n`);
    return lines.length === 0 ? "" : `\n[${name}]\n${lines.join("")}`;
  };
  return `# Statements of each test and route. Written by luthier budget --update; luthier budget --check fails when one grows.\nversion = 1\n${table("tests", tests)}${table("routes", routes)}`;
}

function writeEntry({ statements, places }: BudgetEntry): string {
  const at = Object.entries(places)
    .toSorted(([a, m], [b, n]) => n - m || order(a, b))
    .map(([place, count]) => quote(`${count} ${place}`));
  return `{ statements = ${statements}, at = [${at.join(", ")}] }`;
}

/** JSON's strings are TOML's basic strings; the one character that TOML forbids besides is escaped. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll("\u007F", String.raw`\u007F`);
}

/** Null when the parsed file is no budget. */
export function readBudget(table: unknown): Budget | null {
  if (!isRecord(table) || table["version"] !== 1) return null;
  return { tests: readEntries(table["tests"]), routes: readEntries(table["routes"]) };
}

function readEntries(value: unknown): Record<string, BudgetEntry> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, entry]) => {
      if (!isRecord(entry) || typeof entry["statements"] !== "number") return [];
      const at = Array.isArray(entry["at"]) ? entry["at"].filter((one) => typeof one === "string") : [];
      return [[name, { statements: entry["statements"], places: Object.fromEntries(at.map(readPlace)) }] as const];
    }),
  );
}

function readPlace(text: string): readonly [string, number] {
  const space = text.indexOf(" ");
  return [text.slice(space + 1), Number(text.slice(0, space)) || 0];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
