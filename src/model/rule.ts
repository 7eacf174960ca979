import type { Confidence, Impact, Safety, Severity } from "./finding.ts";
import type { SourceFacts } from "./facts.ts";
import type { DjangoProject, ModelGraph, Program } from "./project.ts";
import type { RuleMeta } from "./rule-meta.ts";
import type { Span, Spot } from "./span.ts";

/** What a rule may look at. Everything is data; a rule does no reading of its own. */
export interface RuleInput {
  readonly facts: SourceFacts;
  readonly graph: ModelGraph;
  readonly project: DjangoProject;
  readonly program: Program;
  /** Text of a project file, without its byte order mark. */
  readonly text: (file: string) => string;
  readonly thresholds: Readonly<Record<string, number>>;
  /** How long the project's formatter lets lines be; null when none is configured. */
  readonly lineLength: number | null;
}

/** Replaces the text of a span. */
export interface EditDraft {
  readonly span: Span;
  readonly text: string;
}

export interface FixDraft {
  readonly title: string;
  readonly safety: Safety;
  readonly edits: readonly EditDraft[];
}

/** A finding as a rule makes it: places are spans, the rest is filled in from the rule's `meta`. */
export interface FindingDraft {
  /** What makes this finding itself, without line numbers: symbols, relation, file. */
  readonly key: readonly string[];
  readonly severity?: Severity;
  readonly confidence?: Confidence;
  /** What happens here and how much, at most 25 words. */
  readonly claim: string;
  /** Why it costs. */
  readonly reason: string;
  /** What to do. */
  readonly remedy: string;
  /** What would make this wrong, or who gains nothing. */
  readonly doubt: string;
  readonly model?: string;
  readonly relation?: string;
  readonly places: readonly Spot[];
  readonly impact?: Impact;
  readonly fixes: readonly FixDraft[];
}

export interface Rule {
  readonly meta: Omit<RuleMeta, "doc">;
  readonly check: (input: RuleInput) => readonly FindingDraft[];
}
