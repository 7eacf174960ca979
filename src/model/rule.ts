import type { Confidence, Evidence, Impact, MigrationPlan, Safety, Severity, SqlPlan } from "./finding.ts";
import type { Deployment } from "./deployment.ts";
import type { SourceFacts } from "./facts.ts";
import type { ProjectMigrations } from "./migrations.ts";
import type { DjangoProject, ModelGraph, Program } from "./project.ts";
import type { Recording } from "./recording.ts";
import type { RuleMeta } from "./rule-meta.ts";
import type { ObjectSpot, Span, Spot } from "./span.ts";
import type { ChangeProposal, IndexProposal } from "./index-study.ts";
import type { Database } from "./workload.ts";

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
  /** Absent where nobody read them. */
  readonly migrations?: ProjectMigrations;
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
  /** `edit` when it is not said. */
  readonly kind?: "edit" | "migration" | "sql" | "config";
  /** Files that are not there yet, a migration for one. */
  readonly files?: readonly { readonly file: string; readonly text: string }[];
  /** What a migration does to the running database. */
  readonly migration?: MigrationPlan;
  readonly sql?: SqlPlan;
}

/** A finding as a rule makes it: places are spans, the rest is filled in from the rule's `meta`. */
export interface FindingDraft {
  /** What makes this finding itself, without line numbers: symbols, relation, file. */
  readonly key: readonly string[];
  /** Section of the catalogue where one rule speaks in several. */
  readonly chapter?: string;
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

/** A finding of a rule that looked at a database: its places may stand in no source. */
export interface DatabaseDraft extends Omit<FindingDraft, "places"> {
  /** The database's objects first, then the lines of source that they come from. */
  readonly places: readonly (Spot | ObjectSpot)[];
  /** At least one, with the age of the counters behind it. */
  readonly evidence: readonly Evidence[];
  /** The index that it proposes, to be planned; no part of the finding. */
  readonly proposes?: IndexProposal;
  /** What else of it is to be planned; no part of the finding either. */
  readonly tries?: ChangeProposal;
}

/** What a rule that looks at a database may see: all that the source gives, when there is source, and the database. */
export interface DatabaseInput {
  readonly database: Database;
  /** Null without source: findings then name tables, indexes and statements alone. */
  readonly source: RuleInput | null;
  readonly thresholds: Readonly<Record<string, number>>;
  /** What the rule's own `check` says of the source; empty without one. */
  readonly checked: readonly FindingDraft[];
}

/** What could not be judged, and why; never left out, so that silence is a verdict. */
export interface Unjudged {
  /** `index public.orders_order_channel_idx`; empty when it is all of them. */
  readonly object: string;
  /** Begins with `needs` when a piece of evidence is missing: `needs counters of 7 days; these are 2 days old`. */
  readonly why: string;
}

export interface Judgement {
  readonly drafts: readonly DatabaseDraft[];
  readonly unjudged: readonly Unjudged[];
  /** What was looked at, for a report that found nothing: `41 indexes`. */
  readonly examined: string;
}

/** All evidence that there is; any of it may be missing, and a rule says then what it could not judge. */
export interface EvidenceInput {
  readonly source: RuleInput | null;
  /** Without source there is nothing in it. */
  readonly deployment: Deployment;
  readonly database: Database | null;
  /** The last one, where several were named. */
  readonly recording: Recording | null;
  readonly thresholds: Readonly<Record<string, number>>;
}

/**
 * One of the three at least: `check` judges by source alone, `judge` when there is a database. With a database, `judge` takes the place of
 * `check`, and may call it. `audit` is for rules that weigh whatever there is, of how the application runs above all; a rule that has it has no other.
 */
export interface Rule {
  readonly meta: Omit<RuleMeta, "doc">;
  readonly check?: (input: RuleInput) => readonly FindingDraft[];
  readonly judge?: (input: DatabaseInput) => Judgement;
  readonly audit?: (input: EvidenceInput) => Judgement;
  /** Drafts of `judge` propose indexes: where there is a phantom, it is asked for them before the workload is planned, and again with the plans. */
  readonly proposes?: true;
}
