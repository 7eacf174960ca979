import type { Finding, Rung } from "./finding.ts";
import type { Plot } from "./plot.ts";
import type { EvidenceInput } from "./rule.ts";

/**
 * What an advisor worked out for a section of the handbook beside findings: tables to read, plots to look at, files to take. Nothing general is in it:
 * every sentence carries a figure, a name or a place of this project.
 */
export interface Advice {
  /** Name of the advisor: `connections`, `cache`, `replicas`, `monitoring`, `indexes`. */
  readonly advisor: string;
  /** Section of the catalogue, `4.1`. */
  readonly section: string;
  /** Headline: the answer, as a sentence with figures; at most 30 words. */
  readonly claim: string;
  /** Paragraphs after it. */
  readonly reasons: readonly string[];
  readonly tables: readonly AdviceTable[];
  readonly plots: readonly Plot[];
  readonly artefacts: readonly Artefact[];
  /** Code or settings of this project, before and after. */
  readonly examples: readonly Example[];
  readonly rung: Rung;
  /** What was looked at, and what would be needed to say more (a sentence with the command; empty when nothing). */
  readonly examined: string;
  readonly missing: string;
  readonly doubt: string;
}

export interface AdviceTable {
  readonly title: string;
  readonly head: readonly string[];
  /** Cells as text, as long as the head; numbers are right-aligned by `numeric`. */
  readonly rows: readonly (readonly string[])[];
  readonly numeric: readonly number[];
  /** Where the figures come from. */
  readonly source: string;
}

/** A generated file, ready to use. */
export interface Artefact {
  /** Path below the handbook's `artefacts/`: `pgbouncer.ini`. */
  readonly path: string;
  readonly language: "ini" | "python" | "sql" | "yaml" | "json" | "cfg" | "sh" | "promql" | "text";
  readonly text: string;
  /** One sentence: what it is for, and where it goes. */
  readonly purpose: string;
  /** How it was, or can be, checked: `pgbouncer 1.18 starts with it`. */
  readonly check: string;
  /** For which version of which program it was written. */
  readonly version: string;
}

export interface Example {
  readonly title: string;
  /** Path and line of the code as it stands. */
  readonly file: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
  readonly language: "python" | "sql" | "ini" | "html";
  /** What it changes, with figures and their source. */
  readonly note: string;
}

/** A search that needs more than one look: what it gives beside findings. Told by its folder in `src/advisors/`. */
export interface Advisor {
  readonly id: string;
  /** Sections that it writes: they say so when it could not run. */
  readonly sections?: readonly string[];
  /** It says nothing, and why, by an Advice without tables whose `missing` has the command. */
  readonly advise: (input: AdvisorInput) => readonly Advice[] | Promise<readonly Advice[]>;
}

export interface AdvisorInput extends EvidenceInput {
  /** What the rules found, joined with the recording. */
  readonly findings: readonly Finding[];
  /** Statements that were recorded of each finding, by its id, with what they took. */
  readonly parts?: ReadonlyMap<string, readonly { readonly sql: string; readonly statements: number; readonly microseconds: number }[]>;
}
