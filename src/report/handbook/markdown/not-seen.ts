/** What every page ends with: what was not looked at, and how it could be. */
import type { HandbookSection } from "../../../model/handbook.ts";
import { codeSpan, escapeProse } from "../../markdown-text.ts";
import { summarise } from "../../summary.ts";
import { fileLink, sentence } from "./blocks.ts";
import type { Pages } from "./context.ts";

export function notSeen({ handbook, context }: Pages): readonly string[] {
  const { notJudged, leftOut, skipped } = summarise(handbook.report, { ...context, pathPrefix: "" });
  const items = [
    ...handbook.rests.filter(({ isThere }) => !isThere).map(({ kind, what, command }) => `${kind}: ${escapeProse(what)}: ${codeSpan(command)}`),
    ...(handbook.failures ?? []).map(({ advisor, why }) => `advisor ${codeSpan(advisor)} was not run: ${sentence(why)}`),
    ...notJudged.map(({ what, command }) => escapeProse(what) + (command === "" ? "" : `: ${codeSpan(command)}`)),
    ...skipped.map(
      ({ file, line, message }) => `${context.read(file) === undefined ? codeSpan(file) : fileLink(file, line, context)} was skipped: ${escapeProse(message)}`,
    ),
    ...(leftOut === "" ? [] : [`left out: ${escapeProse(leftOut)}`]),
  ];
  return ["## Not seen", items.length === 0 ? "Nothing was left out." : items.map((item) => `- ${item}`).join("\n")];
}

/** The evidence that is missing; what each rule lacks stands in the contents' page. */
export function shortNotSeen({ handbook }: Pages): readonly string[] {
  const items = handbook.rests.filter(({ isThere }) => !isThere).map(({ kind, what, command }) => `- ${kind}: ${escapeProse(what)}: ${codeSpan(command)}`);
  const rules = new Set(handbook.report.coverage.unknown.map(({ rule }) => rule)).size;
  return [
    "## Not seen",
    ...(items.length === 0 ? [] : [items.join("\n")]),
    rules === 0
      ? "Each rule could judge."
      : `${rules} ${rules === 1 ? "rule" : "rules"} left something out, as the end of [README.md](README.md#not-seen) says.`,
  ];
}

/** Of one section alone, for its own pages. */
export function sectionNotSeen({ section, state, missing }: Pick<HandbookSection, "section" | "state" | "missing">): readonly string[] {
  const nothing = state === "unknown" ? `The whole of ${section}.` : "Nothing was left out.";
  return ["## Not seen", missing === "" ? nothing : gapList(missing)];
}

/** One line is a sentence, several are a list. */
export function gapList(missing: string): string {
  const lines = missing.split("\n").filter(Boolean);
  return lines.length === 1 ? sentence(lines[0] ?? "") : lines.map((line) => `- ${sentence(line)}`).join("\n");
}
