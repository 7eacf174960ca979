/** What happens without an index, as the workload was planned. */
import { formatCount, formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, Evidence, Index, RemovalProof, RemovalUser, Unjudged } from "../../model/index.ts";
import { statementSpot } from "./statement-places.ts";

/** As a statement's cost may vary by the size of what stands in for the index. Ours, and the most that `advise` lets a statement become dearer. */
const MOST_DEARER = 0.05;

export function removalOf(index: Index, { study }: Database): RemovalProof | null {
  return study?.removals.find((one) => one.index.oid === index.oid) ?? null;
}

export function sufferers({ users }: RemovalProof): readonly RemovalUser[] {
  return users
    .filter(({ cost }) => cost.after > cost.before * (1 + MOST_DEARER))
    .toSorted((a, b) => b.cost.after / b.cost.before - a.cost.after / a.cost.before);
}

/** Why an index stays though its counters or its keys speak against it; null where nothing planned needs it, or nobody planned. */
export function neededBy(index: Index, database: Database): Unjudged | null {
  const proof = removalOf(index, database);
  const [worst, ...others] = proof === null ? [] : sufferers(proof);
  if (worst === undefined) return null;
  const { before, after } = worst.cost;
  const more = others.length === 0 ? "" : `, and ${formatCount(others.length, "other")}`;
  return {
    object: `index ${index.schema}.${index.name}`,
    why: `is kept: without it statement ${worst.statement} (${formatCount(worst.calls, "call")}) would cost ${formatNumber(rounded(after))} in place of ${formatNumber(rounded(before))}${more}, as planned`,
  };
}

const rounded = (cost: number): number => Number(cost.toPrecision(4));

/** The draft with what planning the workload without the index gave. */
export function withRemovalProof(draft: DatabaseDraft, index: Index, database: Database): DatabaseDraft {
  const proof = removalOf(index, database);
  if (proof === null) return draft;
  return {
    ...draft,
    places: [...draft.places, ...proof.users.slice(0, MOST_SHOWN).map((one) => statementSpot({ id: one.statement }, costWords(one)))],
    evidence: [...draft.evidence, removalEvidence(proof, database)],
  };
}

const MOST_SHOWN = 3;

const costWords = ({ cost }: RemovalUser): string => `uses it: cost ${formatNumber(rounded(cost.before))}, without it ${formatNumber(rounded(cost.after))}`;

function removalEvidence({ planned, users }: RemovalProof, { study }: Database): Evidence {
  const statements = formatCount(planned, "statement");
  const worst = users.length === 0 ? 1 : Math.max(...users.map(({ cost }) => cost.after / Math.max(1e-9, cost.before)));
  const what =
    users.length === 0
      ? "no plan uses it"
      : `${formatCount(users.length, "statement")} use it, and the worst costs ${formatNumber(Number(worst.toPrecision(3)))} times as much without`;
  return {
    kind: "planned",
    note: `${statements} planned without it by PostgreSQL ${study?.version ?? ""} on a copy without rows: ${what}`,
    statements: planned,
    users: users.length,
  };
}
