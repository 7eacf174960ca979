import { distinctBy, groupBy } from "../../model/group-by.ts";
import type { DatabaseDraft, Judgement, Severity } from "../../model/index.ts";
import { formatCount } from "../../model/numbers.ts";

/** Statements that one and the same SQL serves are one finding: a second CREATE STATISTICS of that name would fail. */
export function oncePerFix(judgement: Judgement): Judgement {
  const groups = groupBy(judgement.drafts, (draft) => draft.fixes[0]?.sql?.forward.join("\n") ?? draft);
  return { ...judgement, drafts: [...groups.values()].flatMap((drafts) => together(drafts)) };
}

function together(drafts: readonly DatabaseDraft[]): DatabaseDraft[] {
  const [worst, ...others] = drafts.toSorted((a, b) => WORST_FIRST.indexOf(a.severity ?? "info") - WORST_FIRST.indexOf(b.severity ?? "info"));
  if (worst === undefined || others.length === 0) return [...drafts];
  const all = [worst, ...others];
  return [
    {
      ...worst,
      reason: `${worst.reason} ${formatCount(others.length, "other statement")} ${others.length === 1 ? "is" : "are"} planned by the same wrong number.`,
      places: distinctBy(
        all.flatMap(({ places }) => places),
        (place) => JSON.stringify(place),
      ),
      evidence: all.flatMap(({ evidence }) => evidence),
    },
  ];
}

const WORST_FIRST: readonly Severity[] = ["error", "warning", "info"];
