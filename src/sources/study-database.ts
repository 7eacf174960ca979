/** A database's workload planned on a phantom of it, or why it could not be. */
import type { ChangeProposal, Database, IndexProposal, IndexStudy } from "../model/index.ts";
import { UsageError } from "../model/usage-error.ts";
import { defaultBudget } from "../advisors/indexes/budget.ts";
import { studyIndexes } from "./index-study.ts";
import { openPhantom, type PhantomOptions } from "./phantom/open-phantom.ts";

export interface StudyOptions extends Omit<PhantomOptions, "progress"> {
  readonly seconds: number;
  readonly budget?: number;
  readonly proposals?: readonly IndexProposal[];
  readonly changes?: readonly ChangeProposal[];
  readonly isOver?: () => boolean;
  readonly progress?: (phase: string, done: number, total: number) => void;
}

export async function studyDatabase(database: Database, options: StudyOptions): Promise<IndexStudy | { readonly missing: string }> {
  if (database.workload.statements.length === 0) return { missing: "there are no statements to plan" };
  try {
    return await studyOn(database, options);
  } catch (error) {
    if (error instanceof UsageError) return { missing: error.message.replace(/\.$/, "") };
    throw error;
  }
}

/** The search ends with what it has when the time is over. */
export async function studyOn(
  database: Database,
  { seconds, budget, proposals = [], changes = [], isOver = () => false, progress = () => {}, ...phantomOptions }: StudyOptions,
): Promise<IndexStudy> {
  const deadline = performance.now() + seconds * 1000;
  const phantom = await openPhantom(database.snapshot, { ...phantomOptions, progress: (sentence) => progress(sentence, 0, 1) });
  try {
    return await studyIndexes(phantom, database, {
      budget: budget ?? defaultBudget(database),
      proposals,
      changes,
      progress,
      isOver,
      secondsLeft: () => (deadline - performance.now()) / 1000,
    });
  } finally {
    await phantom.close();
  }
}
