/** How candidates are named, and where their figures come from. */
import { formatDuration } from "../../model/numbers.ts";
import { describeShape } from "../../sql/describe-shape.ts";
import type { Candidate } from "./candidates.ts";

/** Words of a statement that a claim has room for. */
const MOST_WORDS = 4;

export function candidateName({ site, shape }: Candidate): string {
  if (site !== null) return `${site.symbol.split(".").at(-1) ?? site.symbol}()`;
  const words = describeShape(shape).split(" ");
  return `\`${words.slice(0, MOST_WORDS).join(" ")}${words.length > MOST_WORDS ? " …" : ""}\``;
}

export function candidateSource({ from, seconds }: Candidate): string {
  return from === "recording"
    ? `the recording of ${formatDuration(seconds * 1000)}, played again`
    : `pg_stat_statements of ${Math.max(1, Math.round(seconds / DAY))} days, with rates taken for even`;
}

const DAY = 86_400;
