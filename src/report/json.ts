import type { Report } from "../model/report.ts";
import { sortFindings } from "../select/finding-order.ts";

/** The report as one JSON document, findings in the order of every other format. */
export function renderJson(report: Report): string {
  return `${JSON.stringify({ ...report, findings: sortFindings(report.findings) }, null, 2)}\n`;
}
