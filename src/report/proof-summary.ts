import type { ChosenFix } from "../fixes/plan-fixes.ts";
import type { Rung } from "../model/finding.ts";
import type { FixFigures, Pair, Proof, ProvenFix, RunTotals, UntriedFix, WithdrawnFix } from "../proof/proof.ts";
import type { Timing } from "../proof/timing.ts";
import { rungOf } from "../select/severity.ts";
import { padTo } from "./display-width.ts";
import { formatCount, formatMilliseconds, formatNumber } from "../model/numbers.ts";
import { shortIdOf, type RenderContext } from "./render-context.ts";
import { rungCells } from "./rung-cells.ts";
import { glyphsOf, paint, type TextStyle } from "./terminal-style.ts";
import { prose, wrapProse } from "./text-line.ts";

const INDENT = 9;
const STATEMENTS = 19;
const TIME = 19;
const RESULTS = 12;
const GAP = "   ";
const MOST_UNJUDGED = 3;

/** Fixes that did not get as far as a run, with the reason. */
export interface LeftFix extends Pick<ChosenFix, "finding"> {
  readonly reason: string;
}

/** What did not come to a run at all. */
export interface LeftOver {
  readonly fixes: readonly LeftFix[];
  /** How many fixes wait for `--unsafe`. */
  readonly toReview: number;
}

/** What was run, kept, withdrawn and not tried: all of it, as a withdrawn fix is a result too. */
export function renderProof(proof: Proof, left: LeftOver, context: RenderContext, style: TextStyle): string {
  const untried = [...proof.untried, ...left.fixes];
  const review =
    left.toReview === 0 ? [] : detail(`${formatCount(left.toReview, "fix", "fixes")} to review: --unsafe tries ${left.toReview === 1 ? "it" : "them"}`, style);
  const lines = [
    ...totals("before", proof.before, style),
    ...totals("after", proof.after, style),
    "",
    columns(),
    ...section("kept", proof.kept, (fix) => kept(fix, context, style)),
    ...section("withdrawn", proof.withdrawn, (fix) => withdrawn(fix, context, style)),
    ...(untried.length + review.length > 0 ? ["not tried"] : []),
    ...untried.flatMap((fix) => notTried(fix, context, style)),
    ...review,
    ...unjudged(proof.unjudged, style),
  ];
  return `${lines.join("\n")}\n`;
}

/** `2 proven, 2 withdrawn, 2 not tried, in 11 runs.` */
export function proofCount({ kept: { length: proven }, withdrawn: { length: taken }, untried, runs }: Proof, left: LeftOver): string {
  return `${proven} proven, ${taken} withdrawn, ${untried.length + left.fixes.length + left.toReview} not tried, in ${formatCount(runs, "run")}.`;
}

/** On one line, or on two in a terminal too narrow for it. */
function totals(name: string, { status, outcomes, statements, milliseconds, runs }: RunTotals, style: TextStyle): readonly string[] {
  const tests = [...outcomes].map(([outcome, count]) => `${formatNumber(count)} ${outcome}`);
  const done = [tests.length > 0 ? tests.join(", ") : `exit status ${status}`, formatCount(statements, "statement")].join(GAP);
  const timed = [`${range(milliseconds)} ms`, formatCount(runs, "run")].join(GAP);
  const line = `${name.padEnd(INDENT)}${done}${GAP}${timed}`;
  return line.length <= style.width ? [line] : [`${name.padEnd(INDENT)}${done}`, " ".repeat(INDENT) + timed];
}

/** The median, and the noise where more than one run shows it. */
function range({ median, low, high }: Timing): string {
  const [least, most] = [formatMilliseconds(low), formatMilliseconds(high)];
  return least === most ? formatMilliseconds(median) : `${formatMilliseconds(median)} (${least} to ${most})`;
}

function columns(): string {
  return `${" ".repeat(INDENT)}${"statements".padEnd(STATEMENTS)}${"database, ms".padEnd(TIME)}${"results".padEnd(RESULTS)}evidence`;
}

function section<T>(name: string, fixes: readonly T[], render: (fix: T) => readonly string[]): readonly string[] {
  return fixes.length === 0 ? [] : [name, ...fixes.flatMap(render)];
}

function kept(fix: ProvenFix, context: RenderContext, style: TextStyle): readonly string[] {
  const { rows, statements } = fix.figures;
  const title = prose(style, fix.fix.title);
  const about = rows.after < rows.before && statements.after >= statements.before ? `${title}: rows ${pair(rows, style)}` : title;
  const words = fix.isShared ? `${title}; counted with another kept fix of the same statements` : about;
  return [row(fix, fix.isShared ? null : fix.figures, "equal", "proven", context, style), ...detail(words, style)];
}

function withdrawn(fix: WithdrawnFix, context: RenderContext, style: TextStyle): readonly string[] {
  const rung = rungOf(fix.finding) === "inferred" && fix.figures !== null ? "recorded" : rungOf(fix.finding);
  return [row(fix, fix.figures, fix.results, rung, context, style), ...detail(`${prose(style, fix.fix.title)}: ${fix.reason}`, style)];
}

function notTried({ finding, reason }: UntriedFix | LeftFix, context: RenderContext, style: TextStyle): readonly string[] {
  const [first = "", ...others] = wrapProse(style, reason, INDENT);
  return [`  ${shortIdOf(context, finding.id).padEnd(INDENT - 2)}${first}`, ...others.map((line) => " ".repeat(INDENT) + line)];
}

function row({ finding }: ChosenFix, figures: FixFigures | null, results: string, rung: Rung, context: RenderContext, style: TextStyle): string {
  const statements = figures === null ? "-" : pair(figures.statements, style);
  const time = figures === null || figures.milliseconds === null ? "-" : timePair(figures.milliseconds, style);
  const id = `  ${shortIdOf(context, finding.id).padEnd(INDENT - 2)}`;
  return `${id}${padTo(statements, STATEMENTS)}${padTo(time, TIME)}${results.padEnd(RESULTS)}${rungCells(style, rung)}`;
}

function pair({ before, after }: Pair, style: TextStyle): string {
  return `${formatNumber(before)} ${glyphsOf(style).arrow} ${formatNumber(after)}`;
}

function timePair({ before, after }: Pair<Timing>, style: TextStyle): string {
  return `${formatMilliseconds(before.median)} ${glyphsOf(style).arrow} ${formatMilliseconds(after.median)}`;
}

function detail(words: string, style: TextStyle): readonly string[] {
  return wrapProse(style, words, INDENT).map((line) => " ".repeat(INDENT) + line);
}

function unjudged(scopes: readonly string[], style: TextStyle): readonly string[] {
  if (scopes.length === 0) return [];
  const more = scopes.length > MOST_UNJUDGED ? ` and ${scopes.length - MOST_UNJUDGED} more` : "";
  const sentence = `Not judged, as statements differ from run to run by themselves: ${scopes.slice(0, MOST_UNJUDGED).join(", ")}${more}.`;
  return ["", ...wrapProse(style, sentence, 0).map((line) => paint(style, "dim", line))];
}
