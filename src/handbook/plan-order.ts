/**
 * The order in which the plan of work is made: safe patches first, then what is to be reviewed, then what is done by hand; each by gain over risk. What is
 * only possible, and was seen to cost nothing yet, comes last.
 */
import type { Change } from "../model/handbook.ts";

/** What a fix asks of people, beside what it gains: a safe one is applied, one to review is read, advice is worked out. Ours. */
const RISK = { safe: 1, review: 2, advice: 4, none: 4 } as const;

export interface PlanGroup {
  readonly name: "Safe: apply, run the tests, deploy" | "To review: read the diff or the SQL first" | "By hand" | "Possible: see first whether it happens";
  /** In the order of `jobs`. */
  readonly changes: readonly Change[];
  readonly jobs: readonly Job[];
}

/** What is done in one go: relations of one queryset are loaded together. */
export interface Job {
  readonly action: string;
  readonly changes: readonly [Change, ...Change[]];
}

/** A safe fix whose patch could not be written is to be reviewed. */
export function planGroups(changes: readonly Change[], isWritten = (patch: string): boolean => patch !== ""): readonly PlanGroup[] {
  const isOpen = ({ confidence, gain, isRisk }: Change): boolean => confidence === "possible" && gain === null && !isRisk;
  const ordered = byGainOverRisk(changes.filter((one) => !isOpen(one)));
  const isSafe = ({ safety, patch }: Change): boolean => safety === "safe" && patch !== null && isWritten(patch);
  return [
    group("Safe: apply, run the tests, deploy", ordered.filter(isSafe)),
    group(
      "To review: read the diff or the SQL first",
      ordered.filter((one) => !isSafe(one) && one.safety !== null && one.safety !== "advice"),
    ),
    group(
      "By hand",
      ordered.filter(({ safety }) => safety === null || safety === "advice"),
    ),
    group("Possible: see first whether it happens", byGainOverRisk(changes.filter(isOpen))),
  ];
}

function group(name: PlanGroup["name"], changes: readonly Change[]): PlanGroup {
  const jobs = jobsOf(changes);
  return { name, changes: jobs.flatMap((job) => job.changes), jobs };
}

/** Changes of one place whose words differ in the relation alone, where the first of them stands. */
function jobsOf(changes: readonly Change[]): readonly Job[] {
  const jobs = new Map<string, { readonly changes: [Change, ...Change[]]; readonly relations: string[] }>();
  for (const change of changes) {
    const relation = change.relation?.replaceAll("__", ".") ?? "";
    const words = relation === "" ? [] : change.action.split(` ${relation} `);
    const key = words.length === 2 ? JSON.stringify([change.rule, change.place, change.size, change.safety, words]) : change.finding;
    const known = jobs.get(key);
    if (known === undefined) jobs.set(key, { changes: [change], relations: words.length === 2 ? [relation] : [] });
    else {
      known.changes.push(change);
      known.relations.push(relation);
    }
  }
  return [...jobs.values()].map(({ changes: own, relations }) => ({ action: actionOf(own[0].action, relations), changes: own }));
}

function actionOf(action: string, relations: readonly string[]): string {
  const [first] = relations;
  return first === undefined ? action : action.replace(` ${first} `, ` ${new Intl.ListFormat("en-GB").format([...new Set(relations)])} `);
}

export const inPlanOrder = (changes: readonly Change[]): readonly Change[] => planGroups(changes).flatMap((group) => group.changes);

function byGainOverRisk(changes: readonly Change[]): readonly Change[] {
  const worth = ({ gain, safety }: Change): number => (gain?.marginal ?? 0) / RISK[safety ?? "none"];
  const sorted = changes
    .map((change, index) => ({ change, index }))
    .toSorted((a, b) => worth(b.change) - worth(a.change) || a.index - b.index)
    .map(({ change }) => change);
  return behindEarlier(sorted);
}

/** What must be deployed later stands later: patches and migrations are made in this order. */
function behindEarlier(sorted: readonly Change[]): readonly Change[] {
  const open = new Set(sorted.map(({ finding }) => finding));
  const waiting: Change[] = [];
  const placed: Change[] = [];
  const isReady = ({ after }: Change): boolean => !after.some((earlier) => open.has(earlier.finding));
  const place = (change: Change): void => {
    placed.push(change);
    open.delete(change.finding);
    for (let next = waiting.findIndex(isReady); next >= 0; next = waiting.findIndex(isReady)) {
      const [ready] = waiting.splice(next, 1);
      if (ready !== undefined) place(ready);
    }
  };
  for (const change of sorted) {
    if (isReady(change)) place(change);
    else waiting.push(change);
  }
  return [...placed, ...waiting];
}
