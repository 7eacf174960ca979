/** Compares what Luthier says of the facts with the verdicts that they claim. */
import type { Confidence, Finding, Place } from "../../src/model/index.ts";

interface Line {
  readonly file: string;
  readonly line: number;
}

interface Range extends Line {
  readonly endLine: number;
}

interface Verdict {
  readonly rule: string;
  readonly relation: string | null;
  /** Any one of them is right. */
  readonly places: readonly Line[];
}

export interface Fact extends Range {
  readonly name: string;
  readonly topic: string;
  readonly code: readonly Range[];
  readonly open: boolean;
  readonly verdicts: readonly Verdict[];
  readonly silent: readonly string[];
}

export interface FactFile {
  readonly schema: "luthier-facts/1";
  readonly django: string;
  /** Rules that say nothing where a fact does not claim them. */
  readonly judged: readonly string[];
  readonly facts: readonly Fact[];
}

/**
 * What is wrong about one fact, in words; empty when it is judged as it claims. What is merely possible is no claim,
 * unless that is all that the rule ever says. `rules`: the confidence of each rule that there is.
 */
export function mismatches(fact: Fact, judged: readonly string[], rules: ReadonlyMap<string, Confidence>, findings: readonly Finding[]): string[] {
  if (fact.open) return [];
  const own = findings.filter((finding) => (finding.confidence !== "possible" || rules.get(finding.rule) === "possible") && isOf(fact, finding));
  const missing = fact.verdicts
    .filter((verdict) => rules.has(verdict.rule) && !own.some((finding) => answers(finding, verdict, fact)))
    .map((verdict) => `missing: ${nameOf(verdict)} at ${verdict.places.map(lineOf).join(" or ")}`);
  const watched = new Set([...judged, ...fact.silent]);
  const extra = own
    .filter((finding) => watched.has(finding.rule) && !fact.verdicts.some((verdict) => belongsTo(finding, verdict)))
    .map((finding) => `wrong: ${nameOf({ rule: finding.rule, relation: finding.relation ?? null })} at ${lastPlace(finding)}`);
  return [...missing, ...extra];
}

/** A finding belongs to the fact whose code makes the queryset. */
function isOf(fact: Fact, finding: Finding): boolean {
  const place = finding.places.find((one) => one.role === "queryset") ?? finding.places[0];
  return place !== undefined && [fact, ...fact.code].some((range) => isIn(place, range));
}

function isIn(place: Place, range: Range): boolean {
  return place.file === range.file && place.line >= range.line && place.line <= range.endLine;
}

function answers(finding: Finding, verdict: Verdict, fact: Fact): boolean {
  if (finding.rule !== verdict.rule || !(verdict.relation === null || namesPath(finding, verdict.relation, fact))) return false;
  return verdict.places.some((line) => finding.places.some((place) => place.file === line.file && place.line <= line.line && place.endLine >= line.line));
}

/** One finding may speak for a whole path that the fact claims, and for its parts. */
function namesPath(finding: Finding, path: string, fact: Fact): boolean {
  if (finding.relation === path) return true;
  return fact.verdicts.some((one) => one.rule === finding.rule && one.relation === finding.relation && one.relation?.startsWith(`${path}__`));
}

/** The verdict itself, or a part of its path that is reported beside it. */
function belongsTo(finding: Finding, verdict: Verdict): boolean {
  if (finding.rule !== verdict.rule) return false;
  if (verdict.relation === null || finding.relation === undefined) return true;
  return verdict.relation === finding.relation || verdict.relation.startsWith(`${finding.relation}__`);
}

function nameOf(verdict: Pick<Verdict, "rule" | "relation">): string {
  return `${verdict.rule} ${verdict.relation ?? ""}`.trim();
}

function lineOf(line: Line): string {
  return `${line.file}:${line.line}`;
}

function lastPlace(finding: Finding): string {
  const place = finding.places.at(-1);
  return place === undefined ? "nowhere" : lineOf(place);
}
