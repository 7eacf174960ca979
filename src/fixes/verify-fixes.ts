/** Tries fixes before they are written: each must end its finding, and none may begin. */
import type { Edit, Finding } from "../model/finding.ts";
import type { Notice, Report } from "../model/report.ts";
import { applyEdits } from "./apply.ts";
import { oldOffset } from "./old-offset.ts";
import { planFixes, type ChosenFix, type FixPlan } from "./plan-fixes.ts";

export interface DroppedFix extends ChosenFix {
  readonly reason: string;
}

export interface VerifiedPlan extends FixPlan {
  readonly dropped: readonly DroppedFix[];
}

export interface Trial {
  /** What was found before any change. */
  readonly before: Pick<Report, "findings" | "notices">;
  /** Text of a file, its byte order mark included. */
  readonly read: (file: string) => string | undefined;
  /** How long the project lets its lines be; null when it does not say. */
  readonly lineLength?: number | null;
  /** The same analysis with other texts for some files. */
  readonly analyse: (texts: ReadonlyMap<string, string>) => Promise<Pick<Report, "findings" | "notices">>;
}

/** An analysis more costs as much as the first one did: past this many, what is not cleared is left out. */
const MAX_TRIALS = 10;

/** Applies all fixes in memory and analyses once; what fails is dropped, halving where it is not plain which one did. */
export async function verifyFixes(chosen: readonly ChosenFix[], trial: Trial): Promise<VerifiedPlan> {
  const plan = planFixes(chosen, trial.read, trial.lineLength);
  const dropped: DroppedFix[] = [];
  const budget = { left: MAX_TRIALS };
  // The database that a finding rests on does not change in memory: migrations show what they do when they run.
  const isTried = ({ fix }: ChosenFix): boolean => fix.kind !== "migration";
  const tried = await settle(plan.applied.filter(isTried), trial, dropped, budget);
  const kept = plan.applied.filter((one) => !isTried(one) || tried.includes(one));
  return { ...planFixes(kept, trial.read, trial.lineLength), skipped: plan.skipped, dropped };
}

/** Halves what fails until it is plain which fix does; whole layers of halves, so that one bad fix holds few others up. */
async function settle(fixes: readonly ChosenFix[], trial: Trial, dropped: DroppedFix[], budget: { left: number }): Promise<readonly ChosenFix[]> {
  const waiting = fixes.length === 0 ? [] : [fixes];
  const good: (readonly ChosenFix[])[] = [];
  // The last trial is for all that did well apart.
  while (budget.left > Math.min(good.length, 1)) {
    const tried = waiting.shift();
    if (tried === undefined) break;
    budget.left -= 1;
    const failures = await tryOut(tried, trial);
    if (failures === null) good.push(tried);
    else if (failures.length === 0 && tried.length > 1) waiting.push(...halves(tried));
    else {
      const blamed = failures.length === 0 ? tried.map((one) => ({ ...one, reason: "it makes a new finding" })) : failures;
      dropped.push(...blamed);
      const rest = tried.filter((one) => !blamed.some(({ finding }) => finding === one.finding));
      if (rest.length > 0) waiting.unshift(rest);
    }
  }
  dropped.push(...waiting.flat().map((one) => ({ ...one, reason: "there was no more time to try it alone" })));
  return join(good, trial, dropped, budget);
}

function halves(fixes: readonly ChosenFix[]): (readonly ChosenFix[])[] {
  const middle = Math.ceil(fixes.length / 2);
  return [fixes.slice(0, middle), fixes.slice(middle)];
}

/** What did well apart is tried together; if that fails, most of it stays. */
async function join(good: readonly (readonly ChosenFix[])[], trial: Trial, dropped: DroppedFix[], budget: { left: number }): Promise<readonly ChosenFix[]> {
  const [most, ...others] = good.toSorted((a, b) => b.length - a.length);
  if (most === undefined || others.length === 0) return most ?? [];
  const all = good.flat();
  if (budget.left > 0) {
    budget.left -= 1;
    if ((await tryOut(all, trial)) === null) return all;
  }
  dropped.push(...others.flat().map((one) => ({ ...one, reason: "it makes a new finding together with another fix" })));
  return most;
}

/** Null when all is well; else the fixes to blame, none when it is not plain which. */
async function tryOut(fixes: readonly ChosenFix[], trial: Trial): Promise<readonly DroppedFix[] | null> {
  const { edits } = planFixes(fixes, trial.read, trial.lineLength);
  const texts = new Map<string, string>();
  for (const [file, own] of edits) {
    const outcome = applyEdits(trial.read(file) ?? "", own);
    // A file that changed meanwhile: whoever writes the edits says so.
    if (!outcome.ok) return null;
    texts.set(file, outcome.text);
  }
  const after = await trial.analyse(texts);
  const broken = brokenFiles(trial.before.notices, after.notices, texts);
  if (broken.size > 0) return blameFiles(fixes, broken, "the file could not be read any more");
  return compare(fixes, trial, after.findings, { edits, texts });
}

function blameFiles(fixes: readonly ChosenFix[], files: ReadonlySet<string>, reason: string): readonly DroppedFix[] {
  return fixes.filter(({ fix }) => fix.edits.some(({ file }) => files.has(file))).map((one) => ({ ...one, reason }));
}

function brokenFiles(before: readonly Notice[], after: readonly Notice[], texts: ReadonlyMap<string, string>): Set<string> {
  const count = (notices: readonly Notice[], file: string): number => notices.filter((notice) => notice.file === file).length;
  return new Set([...texts.keys()].filter((file) => count(after, file) > count(before, file)));
}

interface Change {
  readonly edits: ReadonlyMap<string, readonly Edit[]>;
  readonly texts: ReadonlyMap<string, string>;
}

function compare(fixes: readonly ChosenFix[], { before, read }: Trial, findings: readonly Finding[], { edits, texts }: Change): readonly DroppedFix[] | null {
  const oldKeys = countKeys(before.findings.map((finding) => keyOf(finding, offsetOf(finding, read))));
  const after = findings.map((finding) => {
    const file = finding.places[0]?.file ?? "";
    const offset = offsetOf(finding, (name) => texts.get(name) ?? read(name));
    return { finding, key: keyOf(finding, oldOffset(edits.get(file) ?? [], offset)) };
  });
  const newKeys = countKeys(after.map(({ key }) => key));
  const standing = fixes.filter(({ finding }) => newKeys.has(keyOf(finding, offsetOf(finding, read))));
  if (standing.length > 0) return standing.map((one) => ({ ...one, reason: "the finding is still there afterwards" }));
  const fresh = after.filter(({ key }) => (newKeys.get(key) ?? 0) > (oldKeys.get(key) ?? 0)).map(({ finding }) => finding);
  if (fresh.length === 0) return null;
  const blamed = blameFresh(fixes, fresh);
  return blamed.length === 0 && fresh.every(isGuess) ? null : blamed;
}

/** Not shown unless asked for. Far from every change, what another line reads has only been told apart in another way. */
const isGuess = ({ confidence }: Finding): boolean => confidence === "possible";

/** A new finding at the place that a fix is about, or at what it changes, is that fix's doing. */
function blameFresh(fixes: readonly ChosenFix[], fresh: readonly Finding[]): readonly DroppedFix[] {
  const isAt = (finding: Finding, one: ChosenFix): boolean =>
    one.finding.places.some((place) => finding.places.some((other) => other.file === place.file && Math.abs(other.line - place.line) < 4));
  const isSure = (finding: Finding, one: ChosenFix): boolean => finding.model === one.finding.model && isAt(finding, one);
  const blame = (test: typeof isAt): DroppedFix[] =>
    fixes.flatMap((one) => {
      const near = fresh.find((finding) => test(finding, one));
      return near === undefined ? [] : [{ ...one, reason: `it makes a new finding, ${near.rule}` }];
    });
  const sure = blame(isSure);
  return sure.length > 0 ? sure : blame(isAt);
}

/** What a finding is about, wherever lines have moved to and however much of it there is. */
function keyOf(finding: Finding, offset: number): string {
  return [finding.rule, finding.model ?? "", finding.relation ?? finding.claim.replaceAll(/\d+/g, "#"), finding.places[0]?.file ?? "", offset].join("\0");
}

function countKeys(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** Byte offset of a finding's first place. */
function offsetOf(finding: Finding, read: (file: string) => string | undefined): number {
  const [place] = finding.places;
  if (place === undefined) return 0;
  const text = read(place.file) ?? "";
  let start = 0;
  for (let line = 1; line < place.line; line += 1) {
    const feed = text.indexOf("\n", start);
    if (feed === -1) break;
    start = feed + 1;
  }
  return Buffer.byteLength(text.slice(0, start + place.column - 1));
}
