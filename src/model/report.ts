import type { Finding } from "./finding.ts";

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

export interface Coverage {
  readonly filesParsed: number;
  readonly filesFailed: number;
  readonly queryOrigins: number;
  readonly resolvedOrigins: number;
  /** Why querysets could not be followed, with how many and the file that has most of them. */
  readonly unresolved: readonly { readonly why: string; readonly count: number; readonly file: string }[];
  readonly unknown: readonly { readonly rule: string; readonly why: string }[];
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
  readonly silenced: { readonly ignored: number; readonly baseline: number; readonly belowConfidence: number };
}
