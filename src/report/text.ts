import type { FailOn } from "../model/config.ts";
import type { Finding } from "../model/finding.ts";
import type { Report } from "../model/report.ts";
import { sortFindings } from "../select/finding-order.ts";
import { reachesSeverity, rungOf } from "../select/severity.ts";
import type { RenderContext } from "./render-context.ts";
import type { TextStyle } from "./terminal-style.ts";
import { renderFinding } from "./text-finding.ts";
import { renderQuiet, renderShortened, sharedKey } from "./text-short.ts";
import { renderSummary } from "./text-summary.ts";

/** How many findings are shown whole without `--verbose`. */
const MOST_WHOLE = 10;

/** The report as a person reads it in a terminal. */
export function renderText(report: Report, context: RenderContext, style: TextStyle): string {
  const findings = sortFindings(report.findings);
  if (style.quiet) return toText(findings.map((finding) => renderQuiet(finding, rungOf(finding), context, style)));
  const whole = style.verbose ? findings : chooseWhole(findings, context.failOn);
  const rest = findings.filter((finding) => !whole.includes(finding));
  return toText([
    ...whole.flatMap((finding) => [...renderFinding(finding, report, context, style), ""]),
    ...(rest.length > 0 ? [...renderShortened(rest, context, style), ""] : []),
    ...renderSummary(report, context, style),
  ]);
}

/** The first ten at or above the threshold, one of those that end at one place; with `never`, at or above the usual one. */
function chooseWhole(findings: readonly Finding[], failOn: FailOn): readonly Finding[] {
  const threshold = failOn === "never" ? "warning" : failOn;
  const seen = new Set<string>();
  const first = findings.filter((one) => !seen.has(sharedKey(one)) && seen.add(sharedKey(one)));
  return first.slice(0, MOST_WHOLE).filter(({ severity }) => reachesSeverity(severity, threshold));
}

function toText(lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}
