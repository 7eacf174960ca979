import type { Confidence, Severity } from "./finding.ts";

/** What the catalogue says of one rule; the rule's `check` is not part of it. */
export interface RuleMeta {
  readonly id: string;
  /** A catalogue section, such as `2.4`. */
  readonly chapter: string;
  readonly summary: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly fix: "always" | "sometimes" | "never";
  readonly stage: "stable" | "preview";
  /** Evidence without which it judges nothing: `database`. None for rules of the source. */
  readonly needs?: readonly ("database" | "recording")[];
  /** The text of the rule's `doc.md`. */
  readonly doc: string;
}
