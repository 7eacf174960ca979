import type { Since } from "../../model/handbook.ts";
import { formatCount, formatNumber } from "../../model/numbers.ts";

/** `2 fixed, 1 new, 3 worse, 1 better`; costs only where a time is known. */
export function newsWords({ fixed, added, worse, better = [], unseen = [], notCompared = 0, chosenOtherwise = 0, otherTool }: Since, isTimed: boolean): string {
  const words = [
    `${formatNumber(fixed.length)} fixed`,
    `${formatNumber(added.length)} new`,
    ...(isTimed ? [`${formatNumber(worse.length)} worse`] : []),
    ...(unseen.length > 0 ? [`${formatNumber(unseen.length)} not seen in this traffic`] : []),
    ...(isTimed && better.length > 0 ? [`${formatNumber(better.length)} better`] : []),
  ];
  const left = notCompared === 0 ? "" : `; ${formatNumber(notCompared)} not compared, as a search for indexes ended early`;
  const others =
    chosenOtherwise === 0
      ? ""
      : `; ${formatCount(chosenOtherwise, "index", "indexes")} not compared: the search chose otherwise, and nobody made what it chose before`;
  const tool = otherTool === undefined ? "" : `; luthier ${otherTool} made that run, and finds other things in the same project`;
  return `${words.join(", ")}${left}${others}${tool}`;
}
