/** The order in which the plan of work is made: safe patches first, then what is to be reviewed, then what is done by hand; each by gain over risk. */
import type { Change } from "../model/handbook.ts";

/** What a fix asks of people, beside what it gains: a safe one is applied, one to review is read, advice is worked out. Ours. */
const RISK = { safe: 1, review: 2, advice: 4, none: 4 } as const;

export interface PlanGroup {
  readonly name: "Safe: apply, run the tests, deploy" | "To review: read the diff or the SQL first" | "By hand";
  readonly changes: readonly Change[];
}

/** A safe fix whose patch could not be written is to be reviewed. */
export function planGroups(changes: readonly Change[], isWritten = (patch: string): boolean => patch !== ""): readonly PlanGroup[] {
  const ordered = byGainOverRisk(changes);
  const isSafe = ({ safety, patch }: Change): boolean => safety === "safe" && patch !== null && isWritten(patch);
  return [
    { name: "Safe: apply, run the tests, deploy", changes: ordered.filter(isSafe) },
    { name: "To review: read the diff or the SQL first", changes: ordered.filter((one) => !isSafe(one) && one.safety !== null && one.safety !== "advice") },
    { name: "By hand", changes: ordered.filter(({ safety }) => safety === null || safety === "advice") },
  ];
}

export const inPlanOrder = (changes: readonly Change[]): readonly Change[] => planGroups(changes).flatMap((group) => group.changes);

function byGainOverRisk(changes: readonly Change[]): readonly Change[] {
  const worth = ({ gain, safety }: Change): number => (gain?.marginal ?? 0) / RISK[safety ?? "none"];
  return changes
    .map((change, index) => ({ change, index }))
    .toSorted((a, b) => worth(b.change) - worth(a.change) || a.index - b.index)
    .map(({ change }) => change);
}
