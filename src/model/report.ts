import type { Finding } from "./finding.ts";
import type { Gap } from "./gap.ts";

/** Something that could not be seen, about one file. */
export interface Notice {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface SectionState {
  /** A catalogue section, such as `2.4`. */
  readonly section: string;
  readonly state: "findings" | "clean" | "unknown" | "partial" | "failed";
  readonly examined: string;
  readonly missing: string;
}

/** That a rule could not judge: at all, or one object. */
export interface Verdict {
  readonly rule: string;
  readonly chapter?: string;
  readonly why: string;
  readonly object?: string;
}

/** How the source compares with what was seen at run time. */
export interface RecordingCoverage {
  /** Relative to the root where it is below it. */
  readonly folder: string;
  readonly command: string | null;
  /** ISO 8601. */
  readonly started: string | null;
  readonly statements: number;
  readonly scopes: number;
  /** Recorded N+1s in the project's own code, and how many of them the source has a finding of. */
  readonly clusters: number;
  readonly found: number;
  /** Ids of the findings that the source had not. */
  readonly missed: readonly string[];
  /** Recorded N+1s whose rows were fetched or read by tests, migrations or libraries alone. */
  readonly outside: number;
  /** Findings of the source that were seen. */
  readonly lifted: number;
  /** Clusters left out since their lines are not what they were. */
  readonly moved: number;
  /** Files that changed since. */
  readonly stale: readonly string[];
  /** With two recordings: the median of statements of a route, task, command or test in both. */
  readonly growth?: readonly {
    readonly label: string;
    readonly before: number;
    readonly after: number;
    readonly kind: "constant" | "grows" | "shrinks";
  }[];
}

/** What there was of a database. */
export interface DatabaseCoverage {
  /** The snapshot, relative to the root where it is below it. */
  readonly file: string;
  readonly name: string;
  readonly version: string;
  /** ISO 8601. */
  readonly takenAt: string;
  readonly servers: number;
  readonly tables: number;
  readonly indexes: number;
  readonly statements: number;
  /** Plans of logs and of files of EXPLAIN. */
  readonly plans: number;
  /** Statements of the application whose line of source is known, and their share of the time of all, 0 to 1. */
  readonly joined: number;
  readonly joinedShare: number;
  /** For how many days the counters have been counting; null when that is not known. */
  readonly days: number | null;
  readonly gaps: readonly Gap[];
}

export interface Coverage {
  readonly filesParsed: number;
  readonly filesFailed: number;
  readonly queryOrigins: number;
  readonly resolvedOrigins: number;
  /** Why querysets could not be followed, with how many and the file that has most of them. */
  readonly unresolved: readonly { readonly why: string; readonly count: number; readonly file: string }[];
  /** Rules that judged nothing, or left out the named object. */
  readonly unknown: readonly Verdict[];
  /** What a recording added; absent without one. */
  readonly recording?: RecordingCoverage;
  /** What a database added; absent without one. */
  readonly database?: DatabaseCoverage;
  readonly sections: readonly SectionState[];
}

/** The JSON report, `schema` luthier-report/1 (docs/reference/report.md). */
export interface Report {
  readonly schema: "luthier-report/1";
  readonly tool: { readonly name: "luthier"; readonly version: string };
  readonly project: {
    readonly root: string;
    /** Django's version, as `5.2`; null when nothing says which. */
    readonly django: string | null;
    readonly apps: number;
    readonly models: number;
    readonly files: number;
    readonly lines: number;
  };
  readonly evidence: readonly string[];
  readonly coverage: Coverage;
  readonly timing: { readonly totalMs: number; readonly phases: Readonly<Record<string, number>> };
  readonly findings: readonly Finding[];
  readonly notices: readonly Notice[];
  /** Findings that a comment, the baseline or a filter took out, by cause. */
  readonly silenced: { readonly ignored: number; readonly baseline: number; readonly belowConfidence: number; readonly unchanged?: number };
}
