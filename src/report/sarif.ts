import type { Finding, Fix, Place } from "../model/finding.ts";
import type { Notice, Report } from "../model/report.ts";
import type { RuleMeta } from "../model/rule-meta.ts";
import { costOf } from "../select/cost.ts";
import { compareText, sortFindings } from "../select/finding-order.ts";
import { rungOf } from "../select/severity.ts";
import { editsByFile } from "../fixes/plan-fixes.ts";
import { cleanLine } from "./clean-text.ts";
import { encodePath } from "./encode-path.ts";
import { shortIdOf, shownPath, type RenderContext } from "./render-context.ts";
import { editRegion } from "./source-position.ts";

const SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const ROOT = "%SRCROOT%";
const LEVELS = { error: "error", warning: "warning", info: "note" } as const;
/** GitHub's words for how often a rule is right. */
const PRECISIONS = { certain: "very-high", likely: "high", possible: "medium" } as const;

/** The report as SARIF 2.1.0, for code scanning and editors. */
export function renderSarif(report: Report, context: RenderContext): string {
  const rules = rulesOf(report, context);
  const log = {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { ...driver(report), rules: rules.map(describeRule) } },
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { [ROOT]: { description: { text: "The folder in which luthier was run." } } },
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: report.notices.map((notice) => toNotification(notice, context)),
          },
        ],
        properties: { coverage: report.coverage, evidence: report.evidence, silenced: report.silenced },
        results: sortFindings(report.findings).map((finding) => toResult(finding, rules, context)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function driver({ tool }: Report): { name: string; version: string; semanticVersion: string } {
  return { name: "Luthier", version: tool.version, semanticVersion: tool.version };
}

/** Viewers make links of `[text](address)` in plain messages too (SARIF 2.1.0, 3.11.6): names of a database are to be none. */
function plainMessage(text: string): string {
  return cleanLine(text).replaceAll("](", "] (");
}

type KnownRule = Pick<RuleMeta, "id" | "chapter"> & Partial<RuleMeta>;

/** The rules that found something, those without metadata (`unused-ignore`) by what their findings say. */
function rulesOf(report: Report, context: RenderContext): readonly KnownRule[] {
  const rules = new Map<string, KnownRule>();
  for (const { rule, chapter, severity } of report.findings) {
    rules.set(rule, context.rules.find(({ id }) => id === rule) ?? { id: rule, chapter, severity });
  }
  return [...rules.values()].toSorted((a, b) => compareText(a.id, b.id));
}

function describeRule({ id, chapter, summary, severity, confidence, doc }: KnownRule): object {
  return {
    id,
    ...(summary === undefined ? {} : { shortDescription: { text: summary } }),
    ...(doc ? { help: { text: doc, markdown: doc } } : {}),
    defaultConfiguration: { level: LEVELS[severity ?? "warning"] },
    properties: {
      tags: ["performance", "database", `chapter/${chapter}`],
      ...(confidence ? { precision: PRECISIONS[confidence] } : {}),
      "problem.severity": severity === "info" ? "recommendation" : (severity ?? "warning"),
    },
  };
}

function toResult(finding: Finding, rules: readonly KnownRule[], context: RenderContext): object {
  const { places, fixes } = finding;
  const cost = costOf(finding);
  const edits = fixes.filter((fix) => fix.edits.length > 0);
  return {
    ruleId: finding.rule,
    ruleIndex: rules.findIndex(({ id }) => id === finding.rule),
    level: LEVELS[finding.severity],
    message: { text: plainMessage(finding.message) },
    locations: places.slice(0, 1).map((place) => toLocation(place, context)),
    ...(places.length > 1 ? pathOf(places, context) : {}),
    partialFingerprints: { "luthierFindingId/v1": finding.id },
    ...(edits.length > 0 ? { fixes: edits.map((fix) => toFix(fix, context)) } : {}),
    properties: {
      shortId: shortIdOf(context, finding.id),
      chapter: finding.chapter,
      confidence: finding.confidence,
      rung: rungOf(finding),
      doubt: finding.doubt,
      ...(finding.model === undefined ? {} : { model: finding.model }),
      ...(finding.relation === undefined ? {} : { relation: finding.relation }),
      ...(cost === null ? {} : { secondsPerMinute: cost }),
    },
  };
}

/** The places as steps from the queryset to the access, and once more as related ones for viewers without flows. */
function pathOf(places: readonly Place[], context: RenderContext): object {
  const steps = places.map((place) => ({ ...toLocation(place, context), message: { text: plainMessage(describePlace(place)) } }));
  return {
    relatedLocations: steps.slice(1).map((location, index) => ({ id: index + 1, ...location })),
    codeFlows: [{ threadFlows: [{ locations: steps.map((location) => ({ location })) }] }],
  };
}

function describePlace({ role, label }: Place): string {
  return label === undefined ? role : `${role}: ${label}`;
}

function toLocation(place: Place, context: RenderContext): object {
  if (place.line < 1) return { logicalLocations: [{ fullyQualifiedName: place.object ?? place.file, kind: place.role }] };
  const { line, column, endLine, endColumn } = place;
  return {
    physicalLocation: {
      artifactLocation: artifact(place.file, context),
      region: { startLine: line, startColumn: column, endLine, endColumn },
    },
  };
}

function toNotification(notice: Notice, context: RenderContext): object {
  const region = notice.line > 0 ? { region: { startLine: notice.line, startColumn: Math.max(1, notice.column) } } : {};
  return {
    level: "warning",
    message: { text: plainMessage(notice.message) },
    locations: [{ physicalLocation: { artifactLocation: artifact(notice.file, context), ...region } }],
  };
}

function toFix(fix: Fix, context: RenderContext): object {
  const changes = [...editsByFile(fix.edits)].map(([file, edits]) => ({
    artifactLocation: artifact(file, context),
    replacements: edits.map((edit) => {
      const text = context.read(file);
      const deletedRegion = text === undefined ? { byteOffset: edit.start, byteLength: edit.end - edit.start } : editRegion(text, edit);
      return { deletedRegion, insertedContent: { text: edit.text } };
    }),
  }));
  return { description: { text: plainMessage(`${fix.title} (${fix.safety})`) }, artifactChanges: changes };
}

/** A path below the folder of the run, or outside it as it is; each part percent-encoded. */
function artifact(file: string, context: RenderContext): object {
  const path = shownPath(context, file);
  const uri = encodePath(path);
  return path.startsWith("/") || path.startsWith("../") ? { uri } : { uri, uriBaseId: ROOT };
}
