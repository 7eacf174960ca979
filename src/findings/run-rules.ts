/** Runs the rules over what was read, and puts together what several of them say of one thing. */
import { NO_DEPLOYMENT } from "../deployment/no-deployment.ts";
import type { Coverage, Database, Deployment, Finding, FindingDraft, Judgement, Rule, RuleInput } from "../model/index.ts";
import type { Recording } from "../model/recording.ts";
import { doubtGenericLines } from "./generic-lines.ts";
import { withNewerDjango } from "./newer-django.ts";
import { doubtOnceCode } from "./once-code.ts";
import { ownDrafts } from "./own-code.ts";
import { concernsProject } from "./own-tables.ts";
import { doubtOwnWords } from "./own-words.ts";
import { doubtRuledOut } from "./ruled-out.ts";
import { withMadeOnce, withoutSameAdvice, withWaitsToldOnce } from "./same-advice.ts";
import { withSameClaimsMerged } from "./same-claim.ts";
import { doubtTestData } from "./test-data.ts";
import { toFinding } from "./to-finding.ts";

/** What the rules are given; at least one of source and database. */
export interface Evidences {
  readonly source: RuleInput | null;
  readonly database: Database | null;
  readonly deployment?: Deployment;
  readonly recording?: Recording | null;
  readonly thresholds: Readonly<Record<string, number>>;
  /** Bytes of a file's byte order mark, which the texts are without and the edits count. */
  readonly markLength?: (file: string) => number;
}

/** What the rules said: findings, and what they could not judge. */
export interface Verdicts {
  readonly findings: Finding[];
  readonly unknown: Coverage["unknown"];
  /** By chapter, what rules of the database looked at. */
  readonly examined: ReadonlyMap<string, readonly string[]>;
}

/** Why a rule of the database says nothing without one; the report adds the command. */
export const NEEDS_DATABASE = "needs a database";

export function runRules(rules: readonly Rule[], evidences: Evidences): Verdicts {
  const isOwn = evidences.source === null ? () => true : ownDrafts(evidences.source);
  const work = { ...evidences, isOwn, seen: new Map<string, number>() };
  const verdicts = rules.map((rule) => runRule(rule, work));
  const examined = new Map<string, string[]>();
  for (const { chapter, examined: what } of verdicts) {
    if (what !== "") examined.set(chapter, [...new Set([...(examined.get(chapter) ?? []), what])]);
  }
  const { source } = evidences;
  const findings = together(
    verdicts.flatMap((one) => one.findings),
    source,
  );
  return { findings, unknown: verdicts.flatMap((one) => one.unknown), examined };
}

/** What only all findings beside each other tell: which are in doubt, and which say the same. */
function together(findings: readonly Finding[], source: RuleInput | null): Finding[] {
  const doubts = [doubtGenericLines, doubtTestData, doubtOnceCode, doubtRuledOut, doubtOwnWords];
  const doubted = doubts.reduce<readonly Finding[]>((told, doubt) => doubt(told, source), findings);
  const supported = withNewerDjango(doubted, source?.project.djangoVersion ?? null);
  return withMadeOnce(withWaitsToldOnce(withoutSameAdvice(withSameClaimsMerged(supported))));
}

type Work = Evidences & { readonly isOwn: (draft: FindingDraft) => boolean; readonly seen: Map<string, number> };
type RuleVerdict = { readonly chapter: string; readonly findings: Finding[]; readonly unknown: Coverage["unknown"]; readonly examined: string };

function runRule(rule: Rule, work: Work): RuleVerdict {
  const { id, chapter } = rule.meta;
  const { source, database, deployment = NO_DEPLOYMENT, recording = null, thresholds, isOwn } = work;
  if (rule.audit !== undefined) return toVerdict(rule, rule.audit({ source, database, deployment, recording, thresholds }), work);
  if (rule.judge !== undefined && database !== null) {
    const checked = rule.check === undefined || source === null ? [] : rule.check(source).filter(isOwn);
    const judgement = rule.judge({ database, source, thresholds, checked });
    return toVerdict(rule, { ...judgement, drafts: judgement.drafts.filter((draft) => concernsProject(draft, rule.meta, database, source)) }, work);
  }
  if (rule.check === undefined || source === null) {
    const why = rule.check === undefined ? NEEDS_DATABASE : "needs the source";
    return { chapter, findings: [], unknown: [{ rule: id, chapter, why }], examined: "" };
  }
  return {
    chapter,
    findings: rule
      .check(source)
      .filter(isOwn)
      .map((draft) => toFinding(rule, draft, work)),
    unknown: [],
    examined: "",
  };
}

function toVerdict(rule: Rule, { drafts, unjudged, examined }: Judgement, work: Work): RuleVerdict {
  const { id, chapter } = rule.meta;
  const unknown = unjudged.map(({ object, why }) => ({ rule: id, chapter, why, ...(object === "" ? {} : { object }) }));
  return { chapter, findings: drafts.map((draft) => toFinding(rule, draft, work)), unknown, examined };
}
