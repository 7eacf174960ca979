/** Rules' drafts to findings: places in lines and columns, edits in bytes, ids that survive unrelated edits. */
import { createHash } from "node:crypto";
import { NO_DEPLOYMENT } from "./deployment/no-deployment.ts";
import { withNewerDjango } from "./newer-django.ts";
import { concernsProject } from "./own-tables.ts";
import { withMadeOnce, withoutSameAdvice } from "./same-advice.ts";
import { withSameClaimsMerged } from "./same-claim.ts";
import type {
  Coverage,
  Database,
  DatabaseDraft,
  Deployment,
  Edit,
  Evidence,
  Finding,
  FindingDraft,
  Fix,
  FixDraft,
  Judgement,
  ObjectSpot,
  Place,
  PythonModule,
  Rule,
  RuleInput,
  Span,
  Spot,
} from "./model/index.ts";
import type { Recording } from "./model/recording.ts";

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
  const told = doubtTestData(
    doubtGeneric(
      verdicts.flatMap((one) => one.findings),
      evidences.source,
    ),
    evidences.source,
  );
  const findings = withMadeOnce(withoutSameAdvice(withSameClaimsMerged(withNewerDjango(told, evidences.source?.project.djangoVersion ?? null))));
  return { findings, unknown: verdicts.flatMap((one) => one.unknown), examined };
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

/** Of what a rule of the source says, that which the project can mend. */
function ownDrafts(input: RuleInput): (draft: FindingDraft) => boolean {
  const packages = packageFiles(input);
  if (packages.size === 0) return () => true;
  const heads = classHeads(input);
  return (draft) => !isOfPackage(draft, packages, heads);
}

/** What is wrong within a package is not the project's to mend: neither seen there, nor whole behind one of the project's calls. */
function isOfPackage({ places }: FindingDraft, packages: ReadonlySet<string>, heads: ReadonlySet<string>): boolean {
  const [first] = places;
  if (first === undefined) return false;
  const isOneCall =
    places.length > 1 && places.every(({ span }) => span.file === first.span.file && span.start === first.span.start && span.end === first.span.end);
  return (isOneCall && !heads.has(placeKey(first.span))) || places.some((spot) => packages.has(spot.span.file));
}

/** Classes of the project, which have querysets of their own where a base class asks for them. */
function classHeads({ program }: RuleInput): ReadonlySet<string> {
  return new Set(
    program.classes.flatMap(({ module, def }) => (module.origin === "project" ? [placeKey({ file: module.ir.file, start: def.start, end: def.headEnd })] : [])),
  );
}

const placeKey = (span: Span): string => `${span.file}:${span.start}:${span.end}`;

function packageFiles({ program }: RuleInput): ReadonlySet<string> {
  return new Set([...program.modules.values()].flatMap((module) => (module.origin === "installed" ? [module.ir.file] : [])));
}

/** One expression that makes the querysets of so many models belongs to no view in particular, if one loop gets the rows of all. */
const GENERIC_MODELS = 5;

function doubtGeneric(findings: readonly Finding[], source: RuleInput | null): Finding[] {
  const models = new Map<string, Set<string>>();
  const comers = new Map<string, Set<string>>();
  for (const finding of findings) {
    for (const key of sharedKeys(finding)) models.set(key, (models.get(key) ?? new Set()).add(finding.model ?? ""));
    for (const place of finding.places) comers.set(placeText(place), (comers.get(placeText(place)) ?? new Set()).add(finding.model ?? ""));
  }
  const files = filesOfModels(source);
  // A serializer or a form that one model's rows alone come to tells which rows they are; what models and their receivers do, they do for any view.
  const isToldApart = ({ places }: Finding): boolean =>
    places.some((place) => (place.role === "call" || place.role === "access") && !files.has(place.file) && comers.get(placeText(place))?.size === 1);
  return findings.map((finding) => {
    const count = models.get(sharedKeys(finding).at(-1) ?? "")?.size ?? 0;
    if (count < GENERIC_MODELS || isToldApart(finding)) return finding;
    return { ...finding, confidence: "possible", doubt: `this line makes the querysets of ${count} models; which of them get here is not known` };
  });
}

/** `class TestCase(django.test.TestCase)`, which tests of the project build on. */
function holdsTestCase({ ir }: PythonModule): boolean {
  return ir.body.some(
    (stmt) => stmt.kind === "class" && stmt.bases.some((base) => (base.kind === "name" || base.kind === "attribute") && base.name.endsWith("TestCase")),
  );
}

/** Libraries that make rows to test with, or run the tests. */
const TEST_LIBRARIES = /^(?:factory|model_bakery|model_mommy|mixer|pytest)(?:\.|$)/;

/** A loop of a module that makes rows to test with has as many rounds as a test wants. */
function doubtTestData(findings: readonly Finding[], source: RuleInput | null): Finding[] {
  const files = new Set(
    source === null
      ? []
      : [...source.program.modules.values()].filter((module) => importsTestLibrary(module) || holdsTestCase(module)).map(({ ir }) => ir.file),
  );
  return findings.map((finding) => {
    const loops = finding.places.filter(({ role }) => role === "loop");
    if (finding.confidence === "possible" || loops.length === 0 || !loops.every(({ file }) => files.has(file))) return finding;
    return { ...finding, confidence: "possible", doubt: "the module makes rows to test with" };
  });
}

function importsTestLibrary({ ir }: PythonModule): boolean {
  return ir.body.some(
    (stmt) =>
      stmt.kind === "import" &&
      (stmt.from === null ? stmt.names.some(({ name }) => TEST_LIBRARIES.test(name)) : stmt.level === 0 && TEST_LIBRARIES.test(stmt.from)),
  );
}

/** Files of models, and of what signals call for them. */
function filesOfModels(source: RuleInput | null): ReadonlySet<string> {
  if (source === null) return new Set();
  const models = [...source.graph.models.values()].map(({ cls }) => cls.module.ir.file);
  return new Set([...models, ...(source.graph.receivers ?? []).map(({ module }) => module.ir.file)]);
}

/** The line that makes the queryset, then with it the loop that its rows come to, if there is one. None for what stands in no source: no line makes it. */
function sharedKeys({ places }: Finding): string[] {
  const [first] = places;
  if (first === undefined || first.object !== undefined) return [];
  const line = placeText(first);
  const loop = places.find(({ role }) => role === "loop");
  return loop === undefined ? [line] : [line, `${line} ${placeText(loop)}`];
}

function placeText({ file, line, column, endLine, endColumn }: Place): string {
  return `${file}:${line}:${column}:${endLine}:${endColumn}`;
}

function toFinding(rule: Rule, draft: FindingDraft | DatabaseDraft, work: Work): Finding {
  const { meta } = rule;
  return {
    id: stableId([meta.id, ...draft.key], work.seen),
    rule: meta.id,
    chapter: draft.chapter ?? meta.chapter,
    severity: draft.severity ?? meta.severity,
    confidence: draft.confidence ?? meta.confidence,
    message: [draft.claim, draft.reason, draft.remedy].filter((one) => one !== "").join(" "),
    claim: draft.claim,
    ...(draft.remedy === "" ? {} : { remedy: draft.remedy }),
    doubt: [draft.doubt, ...ownThresholds(meta.id, work.thresholds)].filter((one) => one !== "").join("; "),
    ...(draft.model === undefined ? {} : { model: draft.model }),
    ...(draft.relation === undefined ? {} : { relation: draft.relation }),
    places: draft.places.map((spot) => ("span" in spot ? toPlace(spot, work) : toObjectPlace(spot, work))),
    evidence: "evidence" in draft ? draft.evidence : SOURCE_ONLY,
    impact: draft.impact ?? {},
    fixes: draft.fixes.map((fix) => toFix(fix, work)),
  };
}

/** A project may let a rule speak earlier or later than others would: `plan.ms` is of all rules whose names begin so. */
export function ownThresholds(rule: string, thresholds: Readonly<Record<string, number>>): readonly string[] {
  const own = Object.entries(thresholds).filter(([name]) => name === rule || (name.includes(".") && rule.startsWith(name.split(".")[0] ?? name)));
  const said = own.map(([name, value]) => `\`${name}\` to ${value}`);
  return said.length === 0 ? [] : [`this project sets the ${said.length === 1 ? "threshold" : "thresholds"} ${new Intl.ListFormat("en-GB").format(said)}`];
}

const SOURCE_ONLY: readonly Evidence[] = [{ kind: "inferred", note: "source only: nothing was recorded yet" }];

/** What stands in no source stands in the snapshot. */
function toObjectPlace({ role, object, label, cost, mostPart }: ObjectSpot, { database }: Work): Place {
  const nowhere = { file: database?.file ?? "", line: 0, column: 0, endLine: 0, endColumn: 0 };
  return {
    role,
    ...nowhere,
    ...(label === undefined ? {} : { label }),
    object,
    ...(cost === undefined ? {} : { cost }),
    ...(mostPart === undefined ? {} : { mostPart }),
  };
}

/** Equal keys are told apart by their order, the only part of an id that an edit nearby can change. */
function stableId(parts: readonly string[], seen: Map<string, number>): string {
  const key = parts.join("\0");
  const repeat = seen.get(key) ?? 0;
  seen.set(key, repeat + 1);
  return createHash("sha256")
    .update(repeat === 0 ? key : `${key}\0${repeat}`)
    .digest("hex")
    .slice(0, 16);
}

const textOf = ({ source }: Work, file: string): string => source?.text(file) ?? "";

function toPlace(spot: Spot, work: Work): Place {
  const text = textOf(work, spot.span.file);
  const start = positionOf(text, spot.span.start);
  const end = positionOf(text, spot.span.end);
  return {
    role: spot.role,
    file: spot.span.file,
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
    ...(spot.label === undefined ? {} : { label: spot.label }),
  };
}

export function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const starts = lineStartsOf(text);
  let line = 0;
  for (let above = starts.length; above - line > 1;) {
    const middle = (line + above) >> 1;
    if ((starts[middle] ?? 0) <= offset) line = middle;
    else above = middle;
  }
  return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
}

/** One run's texts are few, and each is asked for many times. */
const startsOfTexts = new Map<string, readonly number[]>();

function lineStartsOf(text: string): readonly number[] {
  const known = startsOfTexts.get(text);
  if (known !== undefined) return known;
  const starts = [0, ...Array.from(text.matchAll(/\r\n|\r|\n/g), (end) => end.index + end[0].length)];
  startsOfTexts.set(text, starts);
  return starts;
}

function toFix(fix: FixDraft, work: Work): Fix {
  const edits = [
    ...fix.edits.map((edit) => toEdit(edit.span, edit.text, work)),
    ...(fix.files ?? []).map(({ file, text }) => ({ file, start: 0, end: 0, expected: "", text })),
  ];
  const { migration, sql } = fix;
  return { title: fix.title, kind: fix.kind ?? "edit", safety: fix.safety, edits, ...(migration && { migration }), ...(sql && { sql }) };
}

function toEdit(span: Span, replacement: string, work: Work): Edit {
  const text = textOf(work, span.file);
  const start = (work.markLength?.(span.file) ?? 0) + Buffer.byteLength(text.slice(0, span.start));
  const expected = text.slice(span.start, span.end);
  return { file: span.file, start, end: start + Buffer.byteLength(expected), expected, text: replacement };
}
