/** Pages, or parts of pages, that are made from the code. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { analyse, ruleList } from "../../src/analyse.ts";
import { run } from "../../src/cli/program.ts";
import type { RuleMeta } from "../../src/model/index.ts";
import { EXPECTATIONS } from "../../src/sources/configuration-schema.ts";

export const repository = path.resolve(import.meta.dirname, "../..");

/** The findings that the README shows. */
const shown = "c929";

const chapters: Readonly<Record<string, string>> = {
  "1.1": "Normalisation and denormalisation",
  "1.2": "Indexing strategies",
  "1.3": "Data types",
  "1.4": "Partitioning",
  "1.5": "Views",
  "2.1": "Query profiling",
  "2.2": "Query optimisation",
  "2.3": "Query caching",
  "2.4": "N+1 queries",
  "2.5": "Lazy loading",
  "3.1": "Selecting fields",
  "3.2": "`select_related` and `prefetch_related`",
  "3.3": "Queryset optimisation",
  "3.4": "Needless joins",
  "3.5": "`only` and `defer`",
  "4.1": "Connection pooling",
  "4.2": "Managing connections",
  "4.3": "Connection timeouts",
  "5.1": "Vacuum and analyse",
  "5.2": "Autovacuum",
  "5.3": "Monitoring and alerting",
  "6.1": "Caching queries",
  "6.2": "Cache invalidation",
  "6.3": "Cache libraries",
  "7.1": "Load balancing",
  "7.2": "Hardware and server settings",
  "7.3": "Read replicas",
};

const meanings: Readonly<Record<string, string>> = {
  select: "only these rules, chapters or findings",
  ignore: "not these rules, chapters or findings",
  "min-confidence": "leave out what is less sure; `likely` unless said otherwise",
  "fail-on": "exit with 1 from this severity on; `warning` unless said otherwise",
  format: "how to write the report",
  baseline: "leave out the findings that this file knows",
  exclude: "files that are not read",
  jobs: "how many workers; one a core unless said otherwise",
  "no-cache": "analyse every file anew",
  verbose: "show every finding whole",
  quiet: "one line for each finding, and no summary",
  settings: "where the settings are, if they are not found",
  "source-roots": "folders from which imports are resolved, if they are not found",
  "per-file-ignores": "rules and chapters to leave out, by file",
  conventions: "stubs for conventions of your own; see [adding a framework](../adding-a-framework.md)",
  thresholds: "numbers that rules go by",
};

export async function runHere(args: readonly string[]): Promise<string> {
  let text = "";
  const output = { write: (words: string) => (text += words), columns: 80 };
  let complaint = "";
  const status = await run(args, {
    stdout: output,
    stderr: { write: (words: string) => (complaint += words) },
    env: { LANG: "C.UTF-8" },
    platform: "linux",
    cwd: repository,
    version: "0.1.0",
    analyse,
    rules: ruleList,
  });
  if (status > 1) throw new Error(complaint);
  return text;
}

export async function readme(): Promise<string> {
  const command = `luthier check examples/bookshop --select ${shown}`;
  const output = (await runHere(command.split(" ").slice(1))).replace(/ in [\d.]+ m?s\.$/m, " in 2.1 s.");
  const block = `\`\`\`console\n$ ${command}\n${output.trimEnd()}\n\`\`\``;
  const text = readFileSync(path.join(repository, "README.md"), "utf8");
  return between(between(text, "run", block), "rules", chapterTable(await ruleList()));
}

function between(text: string, name: string, body: string): string {
  const [start, end] = [`<!-- ${name}: start -->\n`, `\n<!-- ${name}: end -->`];
  const from = text.indexOf(start);
  const to = text.indexOf(`<!-- ${name}: end -->`);
  if (from < 0 || to < from) throw new Error(`README.md lacks the marks of ${name}`);
  return `${text.slice(0, from)}${start}${body}${end}${text.slice(to + end.length - 1)}`;
}

function chapterTable(rules: readonly RuleMeta[]): string {
  const rows = byChapter(rules).map(([chapter, own]) => `| ${chapter} ${titleOf(chapter)} | ${own.map(({ id }) => `\`${id}\``).join(", ")} |`);
  return ["| chapter | rules |", "|---|---|", ...rows].join("\n");
}

function linkFrom(base: string): (rule: RuleMeta) => string {
  return ({ id }) => `[${id}](${path.posix.normalize(base)}/${id}/doc.md)`;
}

export async function ruleIndex(): Promise<string> {
  const rules = await ruleList();
  const sections = byChapter(rules).map(([chapter, own]) => {
    const rows = own.map((rule) => `| ${linkFrom("../../src/rules")(rule)} | ${rule.severity} | ${rule.confidence} | ${rule.fix} | ${rule.summary} |`);
    return [`## ${chapter} ${titleOf(chapter)}`, "", "| rule | severity | confidence | fix | finds |", "|---|---|---|---|---|", ...rows].join("\n");
  });
  const head = `# Rules\n\n${rules.length} rules, by chapter. \`luthier rules ID\` shows a page in the terminal. Severity and confidence are what a rule starts from; a finding may be surer or less sure.`;
  return `${[head, ...sections].join("\n\n")}\n`;
}

function titleOf(chapter: string): string {
  const title = chapters[chapter];
  if (title === undefined) throw new Error(`chapter ${chapter} has no title in generated-docs.ts`);
  return title;
}

function byChapter(rules: readonly RuleMeta[]): [string, RuleMeta[]][] {
  const names = [...new Set(rules.map(({ chapter }) => chapter))].toSorted();
  return names.map((chapter) => [chapter, rules.filter((rule) => rule.chapter === chapter).toSorted((a, b) => (a.id < b.id ? -1 : 1))]);
}

export async function commandLine(): Promise<string> {
  const commands = ["check", "fix", "record", "snapshot", "top-statements", "budget", "report", "tune", "advise", "rules"];
  const helps = await Promise.all(commands.map(async (name) => `## luthier ${name}\n\n\`\`\`text\n${(await runHere([name, "--help"])).trimEnd()}\n\`\`\``));
  return `# The command line

${helps.join("\n\n")}

## Exit status

| status | means |
|---|---|
| 0 | nothing at or above \`--fail-on\` |
| 1 | findings at or above it |
| 2 | could not run, bad usage, or nothing to examine ([by code](../troubleshooting.md)) |
| 130 | interrupted |

The report goes to standard output or to \`--output\`; everything else goes to standard error. Progress is shown on a terminal only.
Colours follow the terminal, and \`NO_COLOR\`; the width follows the terminal, and \`COLUMNS\`, between 40 and 100. What a project always wants stands better in its [configuration](configuration.md).
`;
}

export function configuration(): string {
  const rows = Object.entries(EXPECTATIONS).map(([key, takes]) => `| \`${key}\` | ${takes} | ${meanings[key] ?? missing(key)} |`);
  return `# Configuration

The table \`[tool.luthier]\` of \`pyproject.toml\`, or the top level of \`luthier.toml\`, in the project's folder or the nearest one above it, up to
the repository's top. The command line beats the file. Paths and globs are relative to the file.

| key | takes | means |
|---|---|---|
${rows.join("\n")}

\`\`\`toml
[tool.luthier]
settings = "shop.settings.production"
exclude = ["legacy/**"]
fail-on = "error"
per-file-ignores = { "reports/**" = ["3.5"] }
\`\`\`
`;
}

function missing(key: string): never {
  throw new Error(`the setting ${key} is not explained in generated-docs.ts`);
}
