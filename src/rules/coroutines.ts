/** Findings in coroutines, where Django refuses whatever waits for the database without `await`. */
import type { FindingDraft, Write } from "../model/index.ts";

/** The remedy names statements as a coroutine sends them; fixes write the others. */
export function asWritten(draft: FindingDraft, { isAsync }: Write): FindingDraft {
  return isAsync ? { ...draft, remedy: inCoroutine(draft.remedy), fixes: [] } : draft;
}

function inCoroutine(remedy: string): string {
  return remedy.replaceAll(
    /`(filter\([^`]*\)\.)?(bulk_create|bulk_update|delete|update)\(/g,
    (_, rows: string | undefined, how: string) => `\`await ….${rows ?? ""}a${how}(`,
  );
}
