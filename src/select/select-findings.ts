import type { Confidence, Finding } from "../model/finding.ts";
import type { Report } from "../model/report.ts";
import { applyBaseline, type Baseline } from "./baseline.ts";
import { isOnChangedLine, type ChangedLines } from "./changed-lines.ts";
import { sortFindings } from "./finding-order.ts";
import { matchesGlob } from "./glob.ts";
import { parseSelectors, type Selectable, type Vocabulary } from "./selector.ts";
import { reachesConfidence } from "./severity.ts";

/** Which findings of an analysis a person asked to see. */
export interface Selection {
  /** Rule ids, chapters or finding ids; empty means all. */
  readonly select: readonly string[];
  readonly ignore: readonly string[];
  readonly minConfidence: Confidence;
  readonly perFileIgnores: Readonly<Record<string, readonly string[]>>;
  readonly baseline: Baseline | null;
  readonly changed: ChangedLines | null;
}

/** The report with the selected findings only, sorted; what was taken out is counted in `silenced`. */
export function selectFindings(report: Report, selection: Selection, vocabulary: Vocabulary): Report {
  const { changed } = selection;
  const everywhere = report.findings.filter(isAskedFor(selection, vocabulary));
  const asked = changed === null ? everywhere : everywhere.filter((finding) => isOnChangedLine(finding, changed));
  const { kept, known } = selection.baseline ? applyBaseline(asked, selection.baseline) : { kept: asked, known: 0 };
  const sure = kept.filter(({ confidence }) => reachesConfidence(confidence, selection.minConfidence));
  const isRuleAskedFor = isOfRule(selection, vocabulary);
  return {
    ...report,
    coverage: { ...report.coverage, unknown: report.coverage.unknown.filter(({ rule, chapter = "" }) => isRuleAskedFor({ rule, chapter, id: "" })) },
    findings: sortFindings(sure),
    silenced: {
      ignored: report.silenced.ignored,
      baseline: report.silenced.baseline + known,
      belowConfidence: report.silenced.belowConfidence + kept.length - sure.length,
      unchanged: (report.silenced.unchanged ?? 0) + everywhere.length - asked.length,
    },
  };
}

/** By rule, chapter or id, wherever it is. */
function isOfRule({ select, ignore }: Selection, vocabulary: Vocabulary): (one: Selectable) => boolean {
  const selected = select.length > 0 ? parseSelectors(select, vocabulary) : () => true;
  const ignored = parseSelectors(ignore, vocabulary);
  return (one) => selected(one) && !ignored(one);
}

function isAskedFor(selection: Selection, vocabulary: Vocabulary): (finding: Finding) => boolean {
  const isSelected = isOfRule(selection, vocabulary);
  const ignoredInFile = Object.entries(selection.perFileIgnores).map(([glob, words]) => ({
    glob,
    test: parseSelectors(words, vocabulary),
  }));
  return (finding) => isSelected(finding) && !ignoredInFile.some(({ glob, test }) => test(finding) && isInGlob(finding, glob));
}

/** A finding belongs to the file of its first place. */
function isInGlob(finding: Finding, glob: string): boolean {
  const file = finding.places[0]?.file;
  return file !== undefined && matchesGlob(file, glob);
}
