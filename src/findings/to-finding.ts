/** Rules' drafts to findings: places in lines and columns, edits in bytes, ids that survive unrelated edits. */
import { createHash } from "node:crypto";
import type {
  Database,
  DatabaseDraft,
  Edit,
  Evidence,
  Finding,
  FindingDraft,
  Fix,
  FixDraft,
  ObjectSpot,
  Place,
  Rule,
  RuleInput,
  Span,
  Spot,
} from "../model/index.ts";
import { positionOf } from "./positions.ts";

/** What drafts are told with: the texts and the snapshot that they speak of, and the ids given out so far. */
interface Work {
  readonly source: RuleInput | null;
  readonly database: Database | null;
  readonly thresholds: Readonly<Record<string, number>>;
  readonly markLength?: (file: string) => number;
  readonly seen: Map<string, number>;
}

export function toFinding(rule: Rule, draft: FindingDraft | DatabaseDraft, work: Work): Finding {
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
