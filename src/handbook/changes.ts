/** The plan of work: every finding as a change, best first. */
import { changedBlocks, changedLineCount } from "../fixes/changed-blocks.ts";
import { editsByFile } from "../fixes/plan-fixes.ts";
import type { Finding, Fix } from "../model/finding.ts";
import type { Change, Gain } from "../model/handbook.ts";
import { formatCount } from "../model/numbers.ts";
import { compareFindings } from "../select/finding-order.ts";
import { CONFIDENCES, rungOf, SEVERITIES } from "../select/severity.ts";
import { waitRank } from "../select/who-waits.ts";
import { mainPlaceText } from "../workload/main-place.ts";
import { indexesFirst, migrationsInOrder } from "./deploy-order.ts";
import type { Work } from "./input.ts";
import { inPlanOrder } from "./plan-order.ts";

/** On the first page. */
export const FIRST = 10;
/** Of those, dangers without a time. */
const MOST_RISKS = 2;

/** In the handbook's unit. */
export const removedBy = (changes: readonly Change[]): number => changes.reduce((sum, { gain }) => sum + (gain?.marginal ?? 0), 0);

export function changesOf(work: Work): readonly Change[] {
  const { report, base } = work;
  const gains = new Map(work.gains.ranked.map(({ finding, gain }) => [finding, gain]));
  const order = new Map(work.gains.ranked.map(({ finding }, index) => [finding, index]));
  const findings = report.findings.toSorted((a, b) => orderOf(order, a) - orderOf(order, b) || bySureness(a, b));
  const isTimed = (one: Finding): boolean => (gains.get(one.id)?.marginal ?? 0) > 0;
  const isRisk = (one: Finding): boolean => base !== null && !isTimed(one) && one.severity === "error";
  const timed = findings.filter(isTimed);
  const rest = findings.filter((one) => !isTimed(one));
  const risks = rest.filter(isRisk).slice(0, MOST_RISKS);
  const others = rest.filter((one) => !risks.includes(one));
  const room = FIRST - risks.length;
  const sorted =
    base === null
      ? onePlaceFirst(rest)
      : timed.length >= room
        ? [...timed.slice(0, room), ...risks, ...timed.slice(room), ...others]
        : [...timed, ...others.slice(0, room - timed.length), ...risks, ...others.slice(room - timed.length)];
  const indexes = indexesFirst(sorted);
  const changes = sorted.map((finding) => {
    const gain = isTimed(finding) ? (gains.get(finding.id) ?? null) : null;
    return toChange(finding, { gain, isRisk: isRisk(finding), after: indexes.get(finding.id) ?? [] }, work);
  });
  const byId = new Map(sorted.map((finding) => [finding.id, finding]));
  const after = migrationsInOrder(
    inPlanOrder(changes).flatMap(({ finding }) => byId.get(finding) ?? []),
    indexes,
  );
  return changes.map((change) => ({ ...change, after: after.get(change.finding) ?? [] }));
}

/** Without times, of what is as severe and as sure: one change of each place before the second of any, so that the first ten are not all one queryset's. */
export function onePlaceFirst(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>();
  const ranked = findings.map((finding) => {
    const key = [finding.severity, finding.confidence, finding.rule, mainPlaceText(finding)].join(" ");
    const isSecond = seen.has(key);
    seen.add(key);
    return { finding, rank: [SEVERITIES.indexOf(finding.severity), CONFIDENCES.indexOf(finding.confidence), Number(isSecond)] };
  });
  const byRank = (a: readonly number[], b: readonly number[]): number => a.map((each, index) => each - (b[index] ?? 0)).find((each) => each !== 0) ?? 0;
  return ranked.toSorted((a, b) => byRank(a.rank, b.rank)).map(({ finding }) => finding);
}

const LAST = Number.MAX_SAFE_INTEGER;

const orderOf = (order: ReadonlyMap<string, number>, { id }: Finding): number => order.get(id) ?? LAST;

/** What has no time: the most severe first, of those the surest, of those what requests wait for. */
function bySureness(a: Finding, b: Finding): number {
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    CONFIDENCES.indexOf(a.confidence) - CONFIDENCES.indexOf(b.confidence) ||
    waitRank(a) - waitRank(b) ||
    compareFindings(a, b)
  );
}

type Ranked = { readonly gain: Gain | null; readonly isRisk: boolean; readonly after: Change["after"] };

function toChange(finding: Finding, { gain, isRisk, after }: Ranked, work: Work): Change {
  const [fix] = finding.fixes;
  return {
    finding: finding.id,
    rule: finding.rule,
    action: actionOf(finding),
    place: mainPlaceText(finding),
    ...(finding.relation === undefined ? {} : { relation: finding.relation }),
    severity: finding.severity,
    confidence: finding.confidence,
    rung: rungOf(finding),
    gain,
    isRisk,
    safety: fix === undefined || fix.safety === "advice" ? null : fix.safety,
    size: sizeOf(fix, work.read),
    after,
    patch: fix !== undefined && fix.edits.length > 0 ? `${finding.rule}-${work.shortIds.get(finding.id) ?? finding.id.slice(0, 4)}.patch` : null,
  };
}

/** What to do, in the words of the fix; without one, the first sentence of the remedy. */
export function actionOf(finding: Finding): string {
  const action = bareAction(finding);
  const [, subject = ""] = /`([^`]+)`/.exec(finding.claim) ?? [];
  return !/^[\w.]+(?:\(\))?$/.test(subject) || isNamed(subject, action) || subject.length > LONGEST_SUBJECT ? action : `\`${subject}\`: ${inSentence(action)}`;
}

/** What stands in capitals stays so: `VACUUM "orders"`. */
const inSentence = (text: string): string => (/^[A-Z]{2}/.test(text) ? text : `${(text[0] ?? "").toLowerCase()}${text.slice(1)}`);

/** As a word of its own: `levels` is not in `stock_levels`. */
function isNamed(subject: string, action: string): boolean {
  const name = subject.replace("()", "");
  return action.split(/[^\w.]+/).some((word) => word === name || word.split(".").includes(name));
}

/** A longer name would leave no room for what to do. */
const LONGEST_SUBJECT = 40;
/** What stands after a colon explains, when enough stands before it. */
const LEAST_WORDS = 3;

function bareAction({ fixes: [fix], remedy, message, claim }: Finding): string {
  if (fix !== undefined && fix.title !== "") {
    const [head = "", ...rest] = fix.title.replace(/\.$/, "").split(/: (?=\S)/);
    return rest.length === 0 || head.split(" ").length < LEAST_WORDS ? fix.title.replace(/\.$/, "") : head;
  }
  const [sentence = ""] = (remedy ?? "").split(/(?<=[.!])\s+(?=[A-Z`])/);
  return (sentence || claim || message).replace(/\.$/, "");
}

export function sizeOf(fix: Fix | undefined, read: Work["read"]): string {
  if (fix === undefined) return "by hand";
  const made = fix.migration?.follows?.files.length ?? 0;
  const statements = fix.sql?.forward.length ?? 0;
  const lines = linesOf(fix, read);
  const parts = [
    lines,
    made > 0 ? formatCount(made, "migration") : "",
    fix.edits.length === 0 && statements > 0 ? `${formatCount(statements, "statement")} of SQL` : "",
  ].filter(Boolean);
  return parts.length === 0 ? "by hand" : parts.join(", ");
}

function linesOf({ edits, migration }: Fix, read: Work["read"]): string {
  const made = new Set(migration?.follows?.files ?? []);
  const files = [...editsByFile(edits.filter(({ file }) => !made.has(file)))];
  if (files.length === 0) return "";
  const count = files.reduce((sum, [file, own]) => sum + changedLineCount(changedBlocks(read(file) ?? "", own) ?? []), 0);
  return `${formatCount(count, "line")} in ${formatCount(files.length, "file")}`;
}
