/** The example project as data: what is planted where, and what luthier says of it. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { analyse, type Finding, type Report } from "../../src/index.ts";

export const bookshop = path.resolve(import.meta.dirname, "../../examples/bookshop");

export interface Marked {
  readonly file: string;
  readonly marker: string;
  /** A table or index that stands for the line. */
  readonly object?: string;
}

/** A row of planted.json. */
export interface Planted extends Marked {
  readonly id: string;
  readonly rule: string;
  readonly chapter: string;
  readonly role: string;
  readonly relation: string;
  readonly twin: Marked;
  readonly evidence: readonly string[];
  readonly note: string;
}

export const planted: readonly Planted[] = JSON.parse(readFileSync(path.join(bookshop, "planted.json"), "utf8"));

/**
 * Planted cases, as rule and id, that luthier does not find yet, and why. The list may only get shorter: a case that is
 * found by now fails the test until it is taken off.
 */
export const knownGaps: Readonly<Record<string, string>> = JSON.parse(readFileSync(path.join(bookshop, "known-gaps.json"), "utf8"));

/** Planted cases that need a database and are not found with one, and why. */
export const knownDatabaseGaps: Readonly<Record<string, string>> = JSON.parse(readFileSync(path.join(bookshop, "known-database-gaps.json"), "utf8"));

/** Planted cases that `npm run demo` does not show, or not on every machine, and why. */
export const knownDemoGaps: Readonly<Record<string, string>> = JSON.parse(readFileSync(path.join(bookshop, "known-demo-gaps.json"), "utf8"));

/** Files that may hold a marker. */
export function sourceFiles(): readonly string[] {
  return readdirSync(bookshop, { recursive: true, encoding: "utf8" })
    .map((name) => name.split(path.sep).join("/"))
    .filter((name) => /\.(py|html|jinja)$/.test(name) && !name.startsWith("tests/"));
}

/** The marker's line, counted from 1; 0 where the file lacks it. */
export function lineOf({ file, marker }: Marked): number {
  const pattern = new RegExp(`${marker}(?![a-z0-9-]| queryset| access)`);
  return (
    readFileSync(path.join(bookshop, file), "utf8")
      .split("\n")
      .findIndex((line) => pattern.test(line)) + 1
  );
}

export function analyseBookshop(): Promise<Report> {
  return analyse({ root: bookshop });
}

const SLACK = 3;

/** Whether one of the finding's places lies beside the marker. */
export function isNear(finding: Finding, marked: Marked, slack: number = SLACK): boolean {
  const line = lineOf(marked);
  return finding.places.some((place) => place.file === marked.file && line >= place.line - slack && line <= Math.max(place.endLine, place.line) + slack);
}

/** Whether one of the finding's places holds the marker's own line. A class or a loop holds it with its first line alone. */
export function isOn(finding: Finding, marked: Marked): boolean {
  const line = lineOf(marked);
  return finding.places.some((place) => place.file === marked.file && line >= place.line && line <= place.endLine);
}
