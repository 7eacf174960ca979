import type { Advice } from "./advice.ts";
import type { Confidence, Rung, Safety, Severity } from "./finding.ts";
import type { Plot } from "./plot.ts";
import type { Report } from "./report.ts";

/** All that the handbook says, before it is written in any format. Built by `src/handbook/` from a report, the advice and the evidence. */
export interface Handbook {
  /** When it was written, ISO 8601; absent where equal input must give equal bytes. */
  readonly at?: string;
  readonly project: {
    readonly name: string;
    /** Short hash; null outside of a repository. `isDirty`: files differ from it. */
    readonly commit: string | null;
    readonly isDirty: boolean;
    readonly django: string | null;
    readonly postgres: string | null;
  };
  readonly report: Report;
  /** Short ids of findings by id. */
  readonly shortIds: ReadonlyMap<string, string>;
  /** Null when nothing measured the database's time. */
  readonly time: TimeBase | null;
  /** The answer: what the changes remove, of how much, how sure, what was not seen. */
  readonly headline: string;
  readonly split: Plot | null;
  /** All that can be done, best first: by gain, then by severity and confidence. The first ten are on the first page. */
  readonly changes: readonly Change[];
  readonly rests: readonly EvidenceUse[];
  /** Where the time goes: causes with findings and without, the models, the tables. */
  readonly overview: readonly Plot[];
  readonly sections: readonly HandbookSection[];
  /** What changed since the last run; null for the first. */
  readonly since: Since | null;
  /** Statements that findings and sections speak of, most time first. */
  readonly statements?: readonly HandbookStatement[];
  /** Ids of the statements behind each finding, by the finding's id. */
  readonly behind?: ReadonlyMap<string, readonly string[]>;
  /** Advisors that could not run: what they would have said is not known. */
  readonly failures?: readonly AdvisorFailure[];
}

/** One statement of the workload as pages show it. */
export interface HandbookStatement {
  readonly id: string;
  readonly sql: string;
  readonly calls: number;
  readonly meanMs: number;
  /** In the handbook's unit; null without one. */
  readonly time: number | null;
  /** Of all statements' time, 0 to 1. */
  readonly share: number;
  /** Lines of source that send it, as far as its shape tells: `catalog/views.py:31`. */
  readonly places: readonly { readonly file: string; readonly line: number; readonly how: string }[];
  /** `unique`: one line sends it. */
  readonly certainty: "unique" | "one-of" | "framework" | "unknown";
  readonly source: string;
}

export interface AdvisorFailure {
  readonly advisor: string;
  /** Sections that it would have written. */
  readonly sections: readonly string[];
  /** The error's first line. */
  readonly why: string;
}

/** What one second stands for. */
export interface TimeBase {
  /** `s/min`: database time of production a minute. `s`: of the recording as a whole, where no counters of a server with load are there; else all that they counted. */
  readonly unit: "s/min" | "s";
  /** What counted it. */
  readonly from?: "database" | "recording";
  readonly total: number;
  /** `pg_stat_statements of primary db:5432, 18 days from 2026-11-01 on`. */
  readonly source: string;
}

/** In the handbook's unit. `low` and `high` where the gain is a range. */
export interface Gain {
  readonly today: number;
  readonly removed: number;
  readonly low: number;
  readonly high: number;
  /** What it adds once the changes above it are made. */
  readonly marginal: number;
  /** How the figure came about: `statement time × (1 − cost after / cost before)`. */
  readonly basis: string;
}

/** One row of the plan of work. */
export interface Change {
  readonly finding: string;
  readonly rule: string;
  /** An imperative with names of the project: `Load customer with the orders list`. */
  readonly action: string;
  /** `orders/views.py:31`, or the table. */
  readonly place: string;
  /** What of a queryset's relations it is about, as Django writes it: `customer__address`. */
  readonly relation?: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly rung: Rung;
  readonly gain: Gain | null;
  /** True for a danger without a time: it stands at the end of the ten and says so. */
  readonly isRisk: boolean;
  readonly safety: Safety | null;
  /** `3 lines in 1 file`, `1 migration`, `2 statements of SQL`. */
  readonly size: string;
  /** Findings whose change must be deployed before this one, and why. */
  readonly after: readonly { readonly finding: string; readonly why: string }[];
  /** File below the handbook's `patches/`; null when there is nothing to apply. */
  readonly patch: string | null;
}

/** One kind of evidence: what there is of it, or what to do to have it. */
export interface EvidenceUse {
  readonly kind: "source" | "recording" | "snapshot" | "statements" | "replicas" | "settings" | "pooler" | "plans";
  readonly isThere: boolean;
  /** `95 files, 541 of 542 querysets`, or what it would add. */
  readonly what: string;
  readonly age: string;
  /** The command that brings it; empty when it is there. */
  readonly command: string;
}

export type SectionWord = "findings" | "clean" | "unknown" | "partial" | "failed";

export interface HandbookSection {
  /** `1.2`. */
  readonly section: string;
  readonly title: string;
  readonly state: SectionWord;
  /** One line: count by rung, or what was weighed. */
  readonly stateLine: string;
  readonly examined: string;
  /** What is missing, with the command; empty when nothing. */
  readonly missing: string;
  /** Ids of findings, in order of cost. */
  readonly findings: readonly string[];
  readonly advice: readonly Advice[];
  readonly plots: readonly Plot[];
  /** Where the common advice is wrong and this project shows it: the advice, the truth, and the figures of this project. */
  readonly corrections: readonly { readonly advice: string; readonly truth: string; readonly shown: string }[];
  /** Pages that the outline links from here: `index-analysis.md`. */
  readonly pages: readonly string[];
}

export interface Since {
  /** ISO 8601 and the commit of the last run. */
  readonly at: string;
  readonly commit: string | null;
  readonly fixed: readonly { readonly id: string; readonly rule: string; readonly claim: string }[];
  readonly added: readonly string[];
  /** Findings whose cost grew by more than the noise of all others, in the handbook's unit. */
  readonly worse: readonly { readonly finding: string; readonly before: number; readonly now: number }[];
  /** Those that cost less, likewise. */
  readonly better?: readonly { readonly finding: string; readonly before: number; readonly now: number }[];
  /** Findings of the last run that only traffic told of, where this run's traffic does not hold all of their statements: fixed, or not asked for this time. */
  readonly unseen?: Since["fixed"];
  /** Findings that one of both runs has, of a search for indexes that ended early: neither fixed nor new. */
  readonly notCompared?: number;
  /** Indexes that the search of one of both runs chose for statements that both were sent, while the tables have the indexes that they had: neither fixed nor new. */
  readonly chosenOtherwise?: number;
  /** Version of Luthier that made the last run, where it is not this one. */
  readonly otherTool?: string;
}
