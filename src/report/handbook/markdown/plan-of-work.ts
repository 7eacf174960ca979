/** plan-of-work.md: what to apply first, how, and what must be deployed before what. */
import type { Change } from "../../../model/handbook.ts";
import { formatCount, formatNumber } from "../../../model/numbers.ts";
import { deployNote } from "../../../handbook/deploy-order.ts";
import { formatTime } from "../../../handbook/overview.ts";
import { codeSpan, escapeProse } from "../../markdown-text.ts";
import { shortIdOf } from "../../render-context.ts";
import { SAFE_PATCH } from "../patches.ts";
import { block, table } from "./blocks.ts";
import { findingHref, type Pages } from "./context.ts";

/** What a fix asks of people, beside what it gains: a safe one is applied, one to review is read, advice is worked out. Ours. */
const RISK = { safe: 1, review: 2, advice: 4, none: 4 } as const;

export function planPage(pages: Pages, patches: ReadonlySet<string>): readonly string[] {
  const { handbook, context } = pages;
  const ordered = byGainOverRisk(handbook.changes);
  const groups = [
    ["Safe: apply, run the tests, deploy", ordered.filter(({ safety, patch }) => safety === "safe" && isThere(patch, patches))],
    ["To review: read the diff or the SQL first", ordered.filter((one) => !(one.safety === "safe" && isThere(one.patch, patches)) && one.safety !== null && one.safety !== "advice")],
    ["By hand", ordered.filter(({ safety }) => safety === null || safety === "advice")],
  ] as const;
  const counted = groups.map(([name, changes]) => `${formatNumber(changes.length)} ${name.split(":")[0]?.toLowerCase() ?? ""}`);
  const safe = patches.has(SAFE_PATCH) ? [`${codeSpan(`patches/${SAFE_PATCH}`)} holds the safe ones together:`, block("sh", `git apply ${context.folder}/patches/${SAFE_PATCH}`)] : [];
  return [
    "# Plan of work",
    `${formatCount(handbook.changes.length, "change")}: ${counted.join(", ")}. In the order of gain over risk${handbook.time === null ? ", by severity since no time is known" : `, in ${handbook.time.unit}`}; each of ${formatCount(patches.size, "patch", "patches")} applies by itself to the tree as it was analysed${handbook.project.commit === null ? "" : ` (${codeSpan(handbook.project.commit)})`}.`,
    ...safe,
    ...groups.flatMap(([name, changes]) => (changes.length === 0 ? [] : [`## ${name} (${formatNumber(changes.length)})`, planTable(changes, pages, patches)])),
    ...order(handbook.changes, pages),
  ];
}

const isThere = (patch: string | null, patches: ReadonlySet<string>): boolean => patch !== null && patches.has(patch);

export function byGainOverRisk(changes: readonly Change[]): readonly Change[] {
  const worth = ({ gain, safety }: Change): number => (gain?.marginal ?? 0) / RISK[safety ?? "none"];
  return changes.map((change, index) => ({ change, index })).toSorted((a, b) => worth(b.change) - worth(a.change) || a.index - b.index).map(({ change }) => change);
}

function planTable(changes: readonly Change[], { handbook, context, findings }: Pages, patches: ReadonlySet<string>): string {
  const { time } = handbook;
  const rows = changes.map((change) => {
    const finding = findings.get(change.finding);
    const id = finding === undefined ? "" : `[${escapeProse(shortIdOf(context, change.finding))}](${findingHref(handbook, finding)})`;
    const patch = change.patch !== null && patches.has(change.patch) ? `[patch](patches/${encodeURIComponent(change.patch)})` : "";
    const cells = [`${escapeProse(change.action)} ${change.place === "" ? "" : codeSpan(change.place)}`.trim(), change.size, deployNote(finding?.fixes[0]), patch, id];
    return time === null ? [change.severity, ...cells] : [change.gain === null ? "-" : formatTime(change.gain.marginal), ...cells];
  });
  return table([time === null ? "severity" : time.unit, "change", "size", "deploy", "patch", "id"], rows, time === null ? [] : [0]);
}

function order(changes: readonly Change[], { handbook, context, findings }: Pages): readonly string[] {
  const link = (id: string): string => {
    const finding = findings.get(id);
    return finding === undefined ? codeSpan(id) : `[${escapeProse(shortIdOf(context, id))}](${findingHref(handbook, finding)})`;
  };
  const rows = changes.flatMap(({ finding, after }) => after.map((one) => [link(one.finding), link(finding), escapeProse(one.why)]));
  return rows.length === 0 ? [] : [`## What before what (${formatNumber(rows.length)})`, table(["first", "then", "why"], rows)];
}
