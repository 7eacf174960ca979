/** Pages made from the code are fresh, and the others speak of what there is. `npm run generate` writes the former. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { commandLine, configuration, repository, ruleIndex } from "./support/generated-docs.ts";

const at = (name: string): string => path.join(repository, name);
const read = (name: string): string => readFileSync(at(name), "utf8");

describe("generated pages are fresh", () => {
  test("docs/rules/README.md", async () => {
    await expect(await ruleIndex()).toMatchFileSnapshot(at("docs/rules/README.md"));
  });

  test("docs/reference/cli.md", async () => {
    await expect(await commandLine()).toMatchFileSnapshot(at("docs/reference/cli.md"));
  });

  test("docs/reference/configuration.md", async () => {
    await expect(configuration()).toMatchFileSnapshot(at("docs/reference/configuration.md"));
  });
});

test("every error code has an entry under troubleshooting, and no other has", () => {
  const thrown = sources().flatMap((text) => [...text.matchAll(/new UsageError\(\s*"([a-z-]+)"/g)].map(([, code = ""]) => code));
  const problems = [...read("src/fixes/apply.ts").matchAll(/readonly kind: "([a-z-]+)"; readonly edit/g)].map(([, code = ""]) => code);
  const explained = [...read("docs/troubleshooting.md").matchAll(/^### ([a-z-]+)$/gm)].map(([, code = ""]) => code);
  expect(explained.toSorted()).toEqual([...new Set([...thrown, ...problems])].toSorted());
});

test("every dependency is accounted for, and no other", () => {
  const { dependencies, devDependencies } = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;
  const [atRunTime = "", forDevelopment = ""] = read("docs/dependencies.md").split("## For development");
  const named = (text: string): string[] => [...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = ""]) => name).toSorted();
  expect(named(atRunTime)).toEqual(Object.keys(dependencies ?? {}).toSorted());
  expect(named(forDevelopment)).toEqual(Object.keys(devDependencies ?? {}).toSorted());
});

test("every field of the report is in its page", () => {
  const page = read("docs/reference/report.md");
  const fields = ["report.ts", "finding.ts"].flatMap((name) =>
    [...read(`src/model/${name}`).matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field = ""]) => field),
  );
  const figures = new Set(["before", "after", "low", "high", "per", "statements", "milliseconds", "bytes", "rows", "marginal"]);
  const unsaid = [...new Set(fields)].filter((field) => !figures.has(field) && !page.includes(field));
  expect(unsaid).toEqual([]);
});

test.each(pages())("%s links to what is there", (page) => {
  const targets = [...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target = ""]) => target);
  const local = targets.filter((target) => !/^[a-z]+:/.test(target));
  expect(local.filter((target) => !existsSync(path.join(path.dirname(at(page)), target)))).toEqual([]);
});

test("the README is short", () => {
  expect(read("README.md").split("\n").length).toBeLessThanOrEqual(151);
});

function pages(): string[] {
  const docs = readdirSync(at("docs"), { recursive: true, encoding: "utf8" }).map((name) => `docs/${name.split(path.sep).join("/")}`);
  return ["README.md", "CONTRIBUTING.md", ...docs].filter((name) => name.endsWith(".md"));
}

function sources(): string[] {
  return readdirSync(at("src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !name.endsWith("usage-error.ts"))
    .map((name) => read(path.join("src", name)));
}
