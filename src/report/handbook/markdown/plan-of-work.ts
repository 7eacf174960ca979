/** plan-of-work.md: what to apply first, how, and what must be deployed before what. */
import type { Change } from "../../../model/handbook.ts";
import { formatCount, formatNumber } from "../../../model/numbers.ts";
import { deployNote } from "../../../handbook/deploy-order.ts";
import { planGroups, type Job } from "../../../handbook/plan-order.ts";
import { formatTime } from "../../../handbook/overview.ts";
import { codeSpan, escapeProse } from "../../markdown-text.ts";
import { shortIdOf } from "../../render-context.ts";
import { SAFE_PATCH, type Patches } from "../patches.ts";
import { block, table } from "./blocks.ts";
import { findingHref, type Pages } from "./context.ts";

export function planPage(pages: Pages, patches: Patches): readonly string[] {
  const { handbook, context } = pages;
  const groups = planGroups(handbook.changes, (patch) => patches.files.has(patch));
  const counted = groups
    .filter(({ changes }) => changes.length > 0)
    .map(({ name, changes }) => `${formatNumber(changes.length)} ${name.split(":")[0]?.toLowerCase() ?? ""}`);
  const safe = patches.files.has(SAFE_PATCH)
    ? [`${codeSpan(`patches/${SAFE_PATCH}`)} holds the safe ones together:`, block("sh", `git apply ${context.folder}/patches/${SAFE_PATCH}`)]
    : [];
  return [
    "# Plan of work",
    `${formatCount(handbook.changes.length, "change")}: ${counted.join(", ")}. In the order of gain over risk${handbook.time === null ? ", by severity since no time is known" : `, in ${handbook.time.unit}`}.${patchWords(handbook, patches)}`,
    ...safe,
    ...groups.flatMap(({ name, changes, jobs }) =>
      changes.length === 0 ? [] : [`## ${name} (${formatNumber(changes.length)})`, planTable(jobs, pages, patches)],
    ),
    ...order(handbook.changes, pages),
  ];
}

/** How the patches are to be applied: which stand alone, and which are written on top of others. Indexes of the search are known to `tune` alone. */
export function patchWords({ project: { commit } }: Pages["handbook"], { files, after, insteadOf, within }: Patches): string {
  const count = files.size - (files.has(SAFE_PATCH) ? 1 : 0);
  if (count === 0) return "";
  const tree = `the tree as it was analysed${commit === null ? "" : ` (${codeSpan(commit)})`}`;
  const alone = count - after.size;
  const rest =
    after.size === 0
      ? `each by itself applies to ${tree} too`
      : `${formatNumber(alone)} of all ${formatNumber(count)} apply by themselves to ${tree}; the other ${formatNumber(after.size)} change the same lines or migrations as those that they name, and take \`luthier fix --select ID\` to stand alone${hasPlannedIndex(after) ? "; indexes of `missing-index`, which `fix` does not search for, take another name of the migration before them in `dependencies`" : ""}`;
  const not =
    insteadOf.size === 0
      ? ""
      : ` ${formatNumber(insteadOf.size)} would change what an earlier one changes and ${insteadOf.size === 1 ? "is" : "are"} left out of that row: analyse again after the earlier one.`;
  const same = within.size === 0 ? "" : ` ${formatNumber(within.size)} ${within.size === 1 ? "is" : "are"} made by an earlier one already.`;
  return ` ${formatCount(count - insteadOf.size - within.size, "patch", "patches")} apply one after the other, from the top of this page down; ${rest}.${not}${same}`;
}

const hasPlannedIndex = (after: Patches["after"]): boolean => [...after.keys()].some((name) => name.startsWith("missing-index-"));

function planTable(jobs: readonly Job[], pages: Pages, patches: Patches): string {
  const { time } = pages.handbook;
  const rows = jobs.map((job) => {
    const cells = jobCells(job, pages, patches);
    const gain = job.changes.reduce((sum, one) => sum + (one.gain?.marginal ?? 0), 0);
    return time === null ? [job.changes[0].severity, ...cells] : [gain === 0 ? "-" : formatTime(gain), ...cells];
  });
  return table([time === null ? "severity" : time.unit, "change", "size", "deploy", "patch", "id"], rows, time === null ? [] : [0]);
}

function jobCells({ action, changes }: Job, { handbook, context, findings }: Pages, patches: Patches): readonly string[] {
  const [first] = changes;
  const link = (id: string): string => linkTo(id, { handbook, context, findings });
  const finding = findings.get(first.finding);
  const written = changes.flatMap((change) => {
    const { patch } = change;
    if (patch === null || !patches.files.has(patch)) return [];
    const name = changes.length === 1 ? "patch" : escapeProse(shortIdOf(context, change.finding));
    return [`[${name}](patches/${encodeURIComponent(patch)})${besideWords(patch, patches, link)}`];
  });
  return [
    `${escapeProse(action)} ${first.place === "" ? "" : codeSpan(first.place)}`.trim(),
    changes.length > 1 && first.size !== "by hand" ? `${first.size} each` : first.size,
    deployNote(finding?.fixes[0], finding?.rule),
    written.join(", then "),
    changes.map((change) => (findings.has(change.finding) ? link(change.finding) : "")).join(" "),
  ];
}

function besideWords(patch: string, { after, insteadOf, within }: Patches, link: (id: string) => string): string {
  const earlier = after.get(patch) ?? [];
  const other = insteadOf.get(patch);
  const whole = within.get(patch);
  if (whole !== undefined) return ` within ${link(whole)}`;
  if (other !== undefined) return ` instead of ${link(other)}`;
  return earlier.length === 0 ? "" : ` after ${earlier.map(link).join(", ")}`;
}

function linkTo(id: string, { handbook, context, findings }: Pages): string {
  const finding = findings.get(id);
  return finding === undefined ? codeSpan(id) : `[${escapeProse(shortIdOf(context, id))}](${findingHref(handbook, finding)})`;
}

function order(changes: readonly Change[], pages: Pages): readonly string[] {
  const rows = changes.flatMap(({ finding, after }) => after.map((one) => [linkTo(one.finding, pages), linkTo(finding, pages), escapeProse(one.why)]));
  return rows.length === 0 ? [] : [`## What before what (${formatNumber(rows.length)})`, table(["first", "then", "why"], rows)];
}
