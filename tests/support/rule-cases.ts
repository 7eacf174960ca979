/** Reads what a rule's folder promises: fixtures, and the Bad and Good blocks of its page. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { PRELUDE } from "./shop-project.ts";

export interface RuleCase {
  readonly rule: string;
  readonly name: string;
  /** Whether the rule must report here. */
  readonly isBad: boolean;
  /** Files below the project's root. A case of a single module leaves its place to the suite. */
  readonly files: Readonly<Record<string, string>>;
  readonly expected: readonly Expectation[];
  /** Blocks of documentation say only whether the rule reports, not where. */
  readonly isMarked: boolean;
}

export interface Expectation {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  readonly relation: string | null;
}

/** The file that stands for "wherever the suite puts this module". */
export const ANYWHERE = "shop/views.py";

/** Those with a block of `database.sql` are for the suite that has a database. */
export function fixtureCases(folder: string): RuleCase[] {
  const home = path.join(folder, "fixtures");
  if (!existsSync(home)) return [];
  const rule = path.basename(folder);
  return readdirSync(home)
    .filter((name) => /^(?:bad|good)-.*\.(?:py|md)$/.test(name))
    .toSorted()
    .flatMap((name) => {
      const text = readFileSync(path.join(home, name), "utf8");
      const files = name.endsWith(".py") ? { [ANYWHERE]: text } : namedBlocks(text);
      if (files["database.sql"] !== undefined) return [];
      const expected = Object.entries(files).flatMap(([file, source]) => expectations(file, source));
      return [{ rule, name, isBad: name.startsWith("bad-"), files, expected, isMarked: true }];
    });
}

/** ` ```python shop/models.py ` opens a file of that name. */
function namedBlocks(text: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const [, file, source] of text.matchAll(/^```\w+ +(\S+)\n([\s\S]*?)^```$/gm)) {
    if (file !== undefined && source !== undefined) files[file] = source;
  }
  return files;
}

function expectations(file: string, source: string): Expectation[] {
  return source.split("\n").flatMap((text, index) => {
    const found = /(?:#|\{#) expect: ([\w-]+)(?: ([\w.]+))?/.exec(text);
    return found?.[1] === undefined ? [] : [{ file, line: index + 1, rule: found[1], relation: found[2] ?? null }];
  });
}

export function docCases(folder: string): RuleCase[] {
  const rule = path.basename(folder);
  const text = readFileSync(path.join(folder, "doc.md"), "utf8");
  return (["Bad", "Good"] as const).flatMap((title) =>
    [...section(text, title).matchAll(/^```python\n([\s\S]*?)^```$/gm)].map((found, index) => ({
      rule,
      name: `doc.md, ${title} ${index + 1}`,
      isBad: title === "Bad",
      files: { [ANYWHERE]: `${PRELUDE}\n${found[1] ?? ""}` },
      expected: [],
      isMarked: false,
    })),
  );
}

export function section(text: string, title: string): string {
  return (
    text
      .split(/^## /m)
      .find((part) => part.startsWith(`${title}\n`))
      ?.slice(title.length) ?? ""
  );
}

export const DOC_SECTIONS = ["What it finds", "Why it costs", "Bad", "Good", "How we know", "When not to use", "Links"] as const;
