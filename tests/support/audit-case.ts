/** Fixtures of rules that weigh whatever evidence there is: files of any kind, a database and a recording, each where the fixture has it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { CaseKind } from "./database-case.ts";
import { section } from "./rule-cases.ts";
import { PRELUDE } from "./shop-project.ts";

export interface AuditCase {
  readonly rule: string;
  readonly name: string;
  readonly kind: CaseKind;
  /** Laid over the shop project; none for a case without source. */
  readonly files: Readonly<Record<string, string>>;
  /** SQL that a real PostgreSQL runs; null for a case without a database. */
  readonly sql: string | null;
  /** A part of a recording, laid over an empty one; null for a case without. */
  readonly recording: string | null;
  /** Objects, or words of a claim, that a finding must have; of what is unjudged in an `unknown` case. */
  readonly expected: readonly string[];
  readonly expectedLines: readonly LineMark[];
  /** Blocks of documentation say only whether the rule reports. */
  readonly isMarked: boolean;
}

export interface LineMark {
  readonly file: string;
  readonly line: number;
}

/** Blocks that are no files of the project. */
const DATABASE_BLOCK = "database.sql";
const RECORDING_BLOCK = "recording.json";
const EXPECT_BLOCK = "expect";

/** `bad-*`, `good-*` and `unknown-*`: `.md` with blocks of files, or `.sql` for a database without source. */
export function auditCases(folder: string): AuditCase[] {
  const home = path.join(folder, "fixtures");
  if (!existsSync(home)) return [];
  return readdirSync(home)
    .filter((name) => /^(?:bad|good|unknown)-.*\.(?:md|sql)$/.test(name))
    .toSorted()
    .map((name) => {
      const text = readFileSync(path.join(home, name), "utf8");
      const blocks = new Map(name.endsWith(".sql") ? [[DATABASE_BLOCK, text]] : namedBlocks(text));
      return { ...fromBlocks(blocks), rule: path.basename(folder), name, kind: name.slice(0, name.indexOf("-")) as CaseKind, isMarked: true };
    });
}

/** Named blocks below Bad and Good of a page: a name that comes again begins the next case. Python without a name is a view of the shop. */
export function auditDocCases(folder: string): AuditCase[] {
  const text = readFileSync(path.join(folder, "doc.md"), "utf8");
  return (["Bad", "Good"] as const).flatMap((title) =>
    groupBlocks(section(text, title)).map((blocks, index) => ({
      ...fromBlocks(blocks),
      rule: path.basename(folder),
      name: `doc.md, ${title} ${index + 1}`,
      kind: title === "Bad" ? ("bad" as const) : ("good" as const),
      isMarked: false,
    })),
  );
}

type Blocks = ReadonlyMap<string, string>;

function fromBlocks(blocks: Blocks): Pick<AuditCase, "files" | "sql" | "recording" | "expected" | "expectedLines"> {
  const sql = blocks.get(DATABASE_BLOCK) ?? null;
  const files = [...blocks].filter(([file]) => ![DATABASE_BLOCK, RECORDING_BLOCK, EXPECT_BLOCK].includes(file));
  const words = [...(sql ?? "").matchAll(/^-- expect: (.+)$/gm)].map(([, object = ""]) => object.trim());
  return {
    files: Object.fromEntries(files),
    sql,
    recording: blocks.get(RECORDING_BLOCK) ?? null,
    expected: [...words, ...(blocks.get(EXPECT_BLOCK) ?? "").split("\n").filter((line) => line.trim() !== "")],
    expectedLines: files.flatMap(([file, text]) => lineMarks(file, text)),
  };
}

function namedBlocks(text: string): (readonly [string, string])[] {
  return [...text.matchAll(/^```\w* +(\S+)\n([\s\S]*?)^```$/gm)].map(([, file = "", source = ""]) => [file, source] as const);
}

/** `# expect: rule` on the line itself; `# expect-next: rule` above one that can hold no comment. `;` and `//` begin comments too. */
function lineMarks(file: string, text: string): LineMark[] {
  return text.split("\n").flatMap((line, index) => {
    const mark = /(?:#|;|\/\/) expect(-next)?: [\w-]+/.exec(line);
    return mark === null ? [] : [{ file, line: index + (mark[1] === undefined ? 1 : 2) }];
  });
}

const VIEWS = "shop/views.py";
const SETTINGS = "config/settings.py";
const UNNAMED: Readonly<Record<string, string>> = { python: VIEWS, sql: DATABASE_BLOCK, json: RECORDING_BLOCK };

function groupBlocks(text: string): Blocks[] {
  const groups: Map<string, string>[] = [];
  for (const [, language = "", given = "", source = ""] of text.matchAll(/^```(\w*) *(\S*)\n([\s\S]*?)^```$/gm)) {
    const file = given === "" ? (UNNAMED[language] ?? "") : given;
    const last = groups.at(-1);
    const group = last === undefined || last.has(file) ? new Map<string, string>() : last;
    if (group !== last) groups.push(group);
    group.set(file, file === VIEWS && given === "" ? `${PRELUDE}\n${source}` : withApps(file, source));
  }
  return groups;
}

/** A page shows the lines that matter; a settings module has more. */
function withApps(file: string, source: string): string {
  return file === SETTINGS && !source.includes("INSTALLED_APPS")
    ? `${source}\nINSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "shop"]\nROOT_URLCONF = "config.urls"\n`
    : source;
}
