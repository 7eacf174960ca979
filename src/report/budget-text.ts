import type { Frame } from "../model/recording.ts";
import type { BudgetComparison, Change } from "../workload/budget.ts";
import { cleanLine } from "./clean-text.ts";
import { formatCount, formatNumber } from "../model/numbers.ts";

/** Of each change, and of changes that are no failure. */
const MOST_PLACES = 5;
const MOST_SHRUNK = 10;

/** What grew, by how much and from which lines; what shrank; what has no budget yet. */
export function renderBudget({ grown, shrunk, kept, added, notRun }: BudgetComparison, lockFile: string): string {
  const blocks = [
    ...grown.map(renderChange),
    ...(shrunk.length > 0 ? [renderShrunk(shrunk)] : []),
    [
      grown.length === 0 ? "Nothing grew." : `${formatCount(grown.length, "budget")} grew. Mend what sends more, or accept it: luthier budget --update`,
      `Compared ${formatCount(grown.length + shrunk.length + kept, "test or route", "tests and routes")} with ${lockFile}.`,
      shrunk.length === 0 ? "" : `${formatCount(shrunk.length, "budget")} can be lowered: luthier budget --update`,
      added.length === 0 ? "" : `${formatNumber(added.length)} without a budget, such as ${added[0]}: luthier budget --update`,
      notRun.length === 0 ? "" : `${formatNumber(notRun.length)} in the budget did not run.`,
    ].filter(Boolean),
  ];
  return `${blocks.map((lines) => lines.map(cleanLine).join("\n")).join("\n\n")}\n`;
}

function renderChange(change: Change): string[] {
  const { name, before, after, places } = change;
  const more = places.length - MOST_PLACES;
  return [
    name,
    `  ${formatNumber(before)} → ${formatCount(after, "query", "queries")} (+${formatNumber(after - before)})`,
    ...places.slice(0, MOST_PLACES).map((one) => `  +${formatNumber(one.after - one.before)}  ${one.frame === null ? one.place : placeText(one.frame)}`),
    ...(more > 0 ? [`  and ${more} more places`] : []),
  ];
}

function placeText({ file, line, name, kind }: Frame): string {
  return `${file}:${line}${kind === "python" ? `  ${name}` : ""}`;
}

function renderShrunk(shrunk: readonly Change[]): string[] {
  const more = shrunk.length - MOST_SHRUNK;
  return [
    "Fewer queries than the budget allows",
    ...shrunk.slice(0, MOST_SHRUNK).map(({ name, before, after }) => `  ${formatNumber(before)} → ${formatNumber(after)}  ${name}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
