import type { Database, IndexProposal, Rule, RuleInput } from "./model/index.ts";
import { concernsProject } from "./own-tables.ts";

/** What rules would have built on this database, each change once: asked before anything is planned, so that it can be. */
export function proposedIndexes(rules: readonly Rule[], database: Database, source: RuleInput | null, thresholds: Readonly<Record<string, number>>): readonly IndexProposal[] {
  const asked = rules.filter(({ proposes }) => proposes === true);
  const drafts = asked.flatMap(({ judge, meta }) => (judge?.({ database, source, thresholds, checked: [] }).drafts ?? []).filter((draft) => concernsProject(draft, meta, database, source)));
  return [...new Map(drafts.flatMap(({ proposes }) => (proposes === undefined ? [] : [[proposes.key, proposes] as const]))).values()];
}
