import type { Snapshot } from "./database.ts";
import type { SettingsEvaluator } from "./deployment.ts";
import type { Confidence, Severity } from "./finding.ts";
import type { Plan } from "./plan.ts";
import type { Recording } from "./recording.ts";
import type { LockWaits, LoggedStatement, LoggedSum } from "./workload.ts";

export type ReportFormat = "text" | "json" | "sarif" | "github" | "markdown";
export type FailOn = Severity | "never";

/** What an analysis needs to know; nothing in it says how the result is shown. */
export interface AnalyseOptions {
  /** Absolute path of the project's folder; every path of the report is relative to it. */
  readonly root: string;
  /** Globs below the root that are not read. */
  readonly exclude: readonly string[];
  readonly jobs: number;
  readonly cache: boolean;
  /** Dotted settings modules, when the project says which. */
  readonly settings: readonly string[];
  /** Folders below the root from which imports are resolved; empty when they are to be found out. */
  readonly sourceRoots: readonly string[];
  /** Absolute paths of Python stub files that declare the project's own conventions. */
  readonly conventions: readonly string[];
  readonly thresholds: Readonly<Record<string, number>>;
  /** Django's version where the project's own files do not say it. */
  readonly djangoVersion?: string;
  /** Folder of the virtual environment that is active, for projects that hold none of their own. */
  readonly activeEnvironment?: string;
  /** What was seen of the database. */
  readonly database?: DatabaseEvidence;
  /** Plan the workload on a phantom of the server, for indexes: how long to search, and how many bytes new ones may take. */
  readonly phantom?: { readonly seconds: number; readonly budget?: number };
  /** What ran, for rules that weigh it; findings are joined with it afterwards. */
  readonly recording?: RecordingEvidence;
  /** Asks the project's own Python for its settings; without it they are read as text. */
  readonly evaluateSettings?: SettingsEvaluator;
  /** Texts that stand for those of the files on disk, by path: a change that is tried before it is written. */
  readonly texts?: ReadonlyMap<string, string>;
}

export interface RecordingEvidence {
  readonly recording: Recording;
  /** The same stamp, the same report. */
  readonly stamp: string;
}

/** A snapshot and what goes with it, as the edge has read them. */
export interface DatabaseEvidence {
  readonly snapshot: Snapshot;
  /** Path relative to the project's root. */
  readonly file: string;
  /** Of logs and of files of EXPLAIN. */
  readonly plans: readonly Plan[];
  /** Of logs: statements with their durations. */
  readonly logged: readonly LoggedStatement[];
  /** Of logs too long to keep each of their statements: sums by shape. */
  readonly loggedSums?: readonly LoggedSum[];
  /** Of logs: waits for locks. */
  readonly lockWaits?: readonly LockWaits[];
  /** An earlier snapshot of the same database, to compare with. */
  readonly earlier?: Snapshot;
  /** What of the named files was not read, one sentence each. */
  readonly notices?: readonly string[];
  /** A hash of all of the above: the same stamp, the same report. */
  readonly stamp: string;
}

/** Everything that the configuration file and the command line can say together. */
export interface Config {
  readonly format: ReportFormat;
  readonly select: readonly string[];
  readonly ignore: readonly string[];
  readonly minConfidence: Confidence;
  readonly failOn: FailOn;
  /** Absolute path; null without a baseline. */
  readonly baseline: string | null;
  readonly exclude: readonly string[];
  readonly jobs: number;
  readonly cache: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
  readonly settings: readonly string[];
  readonly sourceRoots: readonly string[];
  readonly perFileIgnores: Readonly<Record<string, readonly string[]>>;
  readonly conventions: readonly string[];
  readonly thresholds: Readonly<Record<string, number>>;
}

/** One step of a long piece of work, for the progress line. */
export interface ProgressStep {
  /** A word such as `parsing`. */
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  /** What is counted: `files`, `statements`. */
  readonly unit: string;
}

export type Progress = (step: ProgressStep) => void;
