/** What the source alone says, beside a database that has nothing to add. */
import type { DatabaseDraft, FindingDraft } from "../../model/index.ts";

export function fromSource(drafts: readonly FindingDraft[], why: string): DatabaseDraft[] {
  return drafts.map((draft) => ({ ...draft, evidence: [{ kind: "inferred", note: `source only: ${why}` }] }));
}
