import type { Advice } from "../model/advice.ts";
import type { AdvisorFailure, TimeBase } from "../model/handbook.ts";
import type { Report } from "../model/report.ts";
import type { Recording } from "../model/recording.ts";
import type { EvidenceInput } from "../model/rule.ts";
import type { RuleMeta } from "../model/rule-meta.ts";
import type { Gains } from "../workload/gains.ts";
import type { RecordedPart } from "../workload/join-recordings.ts";
import type { SentFrom } from "../workload/pieces.ts";
import type { TimedStatement } from "../workload/time-base.ts";
import type { HistoryEntry } from "./since.ts";

/** What the handbook is made of; nothing is read from anywhere else. */
export interface HandbookInput {
  readonly project: { readonly name: string; readonly commit: string | null; readonly isDirty: boolean };
  /** With the selected findings, joined with the recordings. */
  readonly report: Report;
  /** With all findings, for the nearest misses. */
  readonly whole: Report;
  readonly evidence: EvidenceInput;
  /** The smaller first, when there are two. */
  readonly recordings: readonly Recording[];
  readonly parts: ReadonlyMap<string, readonly RecordedPart[]>;
  readonly advice: readonly Advice[];
  readonly failures: readonly AdvisorFailure[];
  readonly shortIds: ReadonlyMap<string, string>;
  readonly rules: readonly Omit<RuleMeta, "doc">[];
  /** Earlier runs, the last one last. */
  readonly history: readonly HistoryEntry[];
  /** Text of a project's file, with its byte order mark. */
  readonly read: (file: string) => string | undefined;
}

/** What several parts of the handbook ask for. */
export interface Work extends HandbookInput {
  readonly base: TimeBase | null;
  readonly timed: readonly TimedStatement[];
  readonly gains: Gains;
  readonly sentFrom: (statement: TimedStatement) => readonly SentFrom[];
}
