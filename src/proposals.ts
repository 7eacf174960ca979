import { distinctBy } from "./model/group-by.ts";
import type { ChangeProposal, Database, IndexProposal, Rule, RuleInput } from "./model/index.ts";
import { concernsProject } from "./findings/own-tables.ts";

export interface Proposals {
  readonly indexes: readonly IndexProposal[];
  readonly changes: readonly ChangeProposal[];
}

/** What rules would have built or changed on this database, each once: asked before anything is planned, so that it can be. */
export function proposedBy(rules: readonly Rule[], database: Database, source: RuleInput | null, thresholds: Readonly<Record<string, number>>): Proposals {
  const asked = rules.filter(({ proposes }) => proposes === true);
  const drafts = asked.flatMap(({ judge, check, meta }) => {
    const checked = source === null ? [] : (check?.(source) ?? []);
    return (judge?.({ database, source, thresholds, checked }).drafts ?? []).filter((draft) => concernsProject(draft, meta, database, source));
  });
  return {
    indexes: distinctBy(
      drafts.flatMap(({ proposes }) => proposes ?? []),
      keyOf,
    ),
    changes: distinctBy(
      drafts.flatMap(({ tries }) => tries ?? []),
      keyOf,
    ),
  };
}

const keyOf = (proposal: { readonly key: string }): string => proposal.key;
