/** The handbook as Markdown pages, by their names. Equal input gives equal bytes. */
import type { Handbook } from "../../../model/handbook.ts";
import { CHAPTERS, type OutlineChapter, type OutlineSection } from "../../../handbook/outline.ts";
import { countLine } from "../../../handbook/section-state.ts";
import { formatCount, formatNumber } from "../../../model/numbers.ts";

import { patchesOf } from "../patches.ts";
import { plotFiles } from "../plots/plot-file.ts";
import { conclusionPage, introductionPage, referencesPage } from "./book-pages.ts";
import type { MarkdownContext, Pages } from "./context.ts";
import { firstPage } from "./first-page.ts";
import { sectionNotSeen } from "./not-seen.ts";
import { notesOf } from "./notes.ts";
import { planPage } from "./plan-of-work.ts";
import { analysisPage, examplesPage, renderSection } from "./section.ts";

export interface RenderedHandbook {
  /** Markdown by name of the page. */
  readonly pages: ReadonlyMap<string, string>;
  /** Other files by path below the folder: `patches/…`, `artefacts/…`, `plots/…`. */
  readonly files: ReadonlyMap<string, string>;
}

export function renderHandbook(handbook: Handbook, context: MarkdownContext): RenderedHandbook {
  const pages: Pages = { handbook, context, findings: new Map(handbook.report.findings.map((one) => [one.id, one])) };
  const patches = patchesOf(handbook, context.read);
  const all: readonly (readonly [name: string, blocks: readonly string[]])[] = [
    ["README.md", firstPage(pages)],
    ["introduction.md", [CONTENTS, ...introductionPage(pages)]],
    ...CHAPTERS.flatMap((chapter) => chapterPages(chapter, pages)),
    ["plan-of-work.md", [CONTENTS, ...planPage(pages, patches)]],
    ["conclusion.md", [CONTENTS, ...conclusionPage(pages)]],
    ["references.md", [CONTENTS, ...referencesPage(pages)]],
  ];
  const files = [
    ...[...patches.files].map(([name, text]) => [`patches/${name}`, text] as const),
    ...artefacts(handbook),
    ...plotFiles(handbook, context.plotStyle),
  ];
  return { pages: new Map(all.map(([name, blocks]) => [name, toPage(name, blocks)])), files: new Map(files) };
}

const CONTENTS = "[Contents](README.md)";

function toPage(name: string, blocks: readonly string[]): string {
  return `${[...blocks, notesOf(name.replace(/\.md$/, ""))].join("\n\n")}\n`;
}

function artefacts({ sections }: Handbook): readonly (readonly [path: string, text: string])[] {
  return sections.flatMap(({ advice }) => advice.flatMap(({ artefacts: own }) => own.map(({ path, text }) => [`artefacts/${path}`, text] as const)));
}

function chapterPages(chapter: OutlineChapter, pages: Pages): readonly (readonly [name: string, blocks: readonly string[]])[] {
  return [[chapter.page, chapterPage(chapter, pages)], ...chapter.sections.flatMap((outline) => sectionPages(chapter, outline, pages))];
}

function chapterPage({ chapter, title, sections, page: chapterFile }: OutlineChapter, pages: Pages): readonly string[] {
  const { report } = pages.handbook;
  const findings = report.findings.filter(({ chapter: at }) => at.split(".")[0] === chapter);
  const own = sections.flatMap((outline) =>
    pages.handbook.sections.filter(({ section }) => section === outline.section).map((section) => ({ section, outline })),
  );
  const states = own
    .map(({ section: { section, state, findings: found } }) => `${section} ${state === "findings" && found.length === 0 ? "advice" : state}`)
    .join(", ");
  const { ignored, baseline, belowConfidence } = report.silenced;
  const silenced =
    ignored + baseline + belowConfidence === 0
      ? ""
      : ` Left out of all chapters: ${formatNumber(ignored)} ignored by a comment, ${formatNumber(baseline)} in the baseline, ${formatNumber(belowConfidence)} less sure than asked for.`;
  const gaps = own.filter(({ section }) => section.missing !== "").map(({ section }) => section.section);
  return [
    CONTENTS,
    `# ${chapter}. ${title}`,
    `${findings.length === 0 ? "No findings." : countLine(findings)} Sections: ${states}.${silenced}`,
    ...own.flatMap(({ section, outline }) => renderSection(section, outline, pages)),
    "## Not seen",
    gaps.length === 0
      ? `Nothing was left out of ${formatCount(own.length, "section")}.`
      : `${gaps.map((one) => `[${one}](${chapterFile}#s-${one.replace(".", "-")})`).join(", ")}: what was not judged stands there, with what would tell.`,
  ];
}

function sectionPages(chapter: OutlineChapter, outline: OutlineSection, pages: Pages): readonly (readonly [name: string, blocks: readonly string[]])[] {
  const section = pages.handbook.sections.find((one) => one.section === outline.section);
  if (section === undefined) return [];
  const back = `${CONTENTS} · [${chapter.chapter}. ${chapter.title}](${chapter.page}#s-${outline.section.replace(".", "-")})`;
  const made: (readonly [string, readonly string[]])[] = [];
  if (outline.analysis !== null) made.push([outline.analysis, [back, ...analysisPage(section, outline, pages), ...sectionNotSeen(section)]]);
  if (outline.examples !== null) made.push([outline.examples, [back, ...examplesPage(section, outline, pages), ...sectionNotSeen(section)]]);
  return made;
}
