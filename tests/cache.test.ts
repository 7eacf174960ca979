/** A run with the cache says what a run without it says, whatever happened to the cache before. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { useBuiltCli, type Ended } from "./support/built-cli.ts";
import { SMALL_PROJECT } from "./support/small-project.ts";
import { temporaryFolder, writeFiles } from "./support/temporary-folder.ts";

const run = useBuiltCli();
const examples = path.resolve(import.meta.dirname, "../examples/bookshop");

interface Outcome {
  readonly report: Record<string, unknown>;
  readonly phases: readonly string[];
}

async function report(cwd: string, ...args: string[]): Promise<Outcome> {
  const { stdout, stderr } = await run(["check", "--format", "json", "--min-confidence", "possible", ...args], cwd);
  expect(stderr).toBe("");
  const { timing, ...rest } = JSON.parse(stdout) as { timing: { phases: object } };
  return { report: rest, phases: Object.keys(timing.phases) };
}

const cacheOf = (cwd: string): string => path.join(cwd, ".luthier/cache");

test("an unchanged project is not analysed again, and git does not see the cache", async () => {
  const cwd = temporaryFolder(SMALL_PROJECT);
  const first = await report(cwd);
  const second = await report(cwd);
  expect(second.report).toEqual(first.report);
  expect(first.phases).toContain("link");
  expect(second.phases).toEqual(["files"]);
  expect(readFileSync(path.join(cacheOf(cwd), ".gitignore"), "utf8")).toBe("*\n");
});

test("--no-cache neither reads nor writes it", async () => {
  const cwd = temporaryFolder(SMALL_PROJECT);
  await report(cwd, "--no-cache");
  expect(existsSync(path.join(cwd, ".luthier"))).toBe(false);
  await report(cwd);
  expect((await report(cwd, "--no-cache")).phases).toContain("link");
});

test("an edit within the same size and second is seen", async () => {
  const cwd = temporaryFolder(SMALL_PROJECT);
  await report(cwd);
  const views = SMALL_PROJECT["shop/views.py"] ?? "";
  writeFiles(cwd, { "shop/views.py": views.replace("book.author.name", "book.title.title") });
  expect(await report(cwd)).toEqual(await report(cwd, "--no-cache").then(({ report: fresh }) => ({ report: fresh, phases: expect.arrayContaining(["link"]) })));
});

test("what is cut short or damaged is passed over, and mended", async () => {
  const cwd = temporaryFolder(SMALL_PROJECT);
  const fresh = await report(cwd, "--no-cache");
  // Files younger than two seconds are not trusted to keep their time stamps' word, so nothing is noted of them.
  await setTimeout(2100);
  for (const name of ["hashes", "modules", "report"]) {
    for (const harm of [cutShort, damage, empty]) {
      await report(cwd);
      harm(path.join(cacheOf(cwd), name));
      expect((await report(cwd)).report).toEqual(fresh.report);
      expect((await report(cwd)).phases).toEqual(["files"]);
    }
  }
});

function cutShort(file: string): void {
  truncateSync(file, Math.floor(readFileSync(file).length * 0.7));
}

function damage(file: string): void {
  const bytes = readFileSync(file);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

function empty(file: string): void {
  writeFileSync(file, "");
}

test("runs at the same time do not harm each other, and leave nothing behind", async () => {
  const cwd = temporaryFolder(SMALL_PROJECT);
  const fresh = await report(cwd, "--no-cache");
  const all = await Promise.all(Array.from({ length: 4 }, () => report(cwd)));
  for (const one of all) expect(one.report).toEqual(fresh.report);
  // Hashes are kept of files that have settled alone; whether these have by now is a matter of the machine's speed.
  const left = readdirSync(cacheOf(cwd)).filter((name) => name !== "hashes");
  expect(left.toSorted()).toEqual([".gitignore", "modules", "report"]);
});

test("modules of files that are gone are forgotten", async () => {
  const cwd = temporaryFolder({ ...SMALL_PROJECT, "shop/more.py": `NAMES = ${JSON.stringify(Array.from({ length: 2000 }, (_, at) => `name ${at}`))}\n` });
  await report(cwd);
  const before = readFileSync(path.join(cacheOf(cwd), "modules")).length;
  writeFiles(cwd, { "shop/more.py": "NAMES = []\n" });
  await report(cwd);
  expect(readFileSync(path.join(cacheOf(cwd), "modules")).length).toBeLessThan(before / 2);
});

/** Lines go, come twice or change places: what people do to a file, at random. */
function edited(text: string, at: number, kind: "drop" | "repeat" | "swap" | "append"): string {
  const lines = text.split("\n");
  const line = at % lines.length;
  const [one = "", two = ""] = lines.slice(line, line + 2);
  const replacement = { drop: [two], repeat: [one, one, two], swap: [two, one], append: [one, two, "# more"] }[kind];
  return lines.toSpliced(line, 2, ...replacement).join("\n");
}

test("after any edit of one file the cache changes nothing", async () => {
  const cwd = temporaryFolder();
  cpSync(examples, cwd, { recursive: true, filter: (source) => !/__pycache__|\.luthier|node_modules/.test(source) });
  const files = readdirSync(cwd, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(?:py|html)$/.test(file))
    .toSorted();
  await report(cwd);
  const edits = fc.record({ file: fc.constantFrom(...files), at: fc.nat(500), kind: fc.constantFrom("drop", "repeat", "swap", "append") });
  await fc.assert(
    fc.asyncProperty(edits, async ({ file, at, kind }) => {
      const text = readFileSync(path.join(cwd, file), "utf8");
      writeFileSync(path.join(cwd, file), edited(text, at, kind));
      const cached = await report(cwd, "--jobs", "2");
      expect(cached.report).toEqual((await report(cwd, "--no-cache")).report);
    }),
    { numRuns: 8, endOnFailure: true },
  );
}, 240_000);

/** A file that readers of the project have not seen: a view over a queryset, a template, an app, a package's version. */
const NEWCOMERS: Readonly<Record<string, string>> = {
  "shop/more_views.py": "from shop.models import Book\n\n\ndef names(request):\n    return [book.author.name for book in Book.objects.all()]\n",
  "shop/templates/extra/list.html": "{% for book in books %}{{ book.author.name }}{% endfor %}\n",
  "stock/models.py": 'from django.db import models\n\n\nclass Shelf(models.Model):\n    book = models.ForeignKey("shop.Book", models.CASCADE)\n',
  "requirements.txt": "Django==4.2.1\n",
  "pyproject.toml": '[tool.luthier]\nexclude = ["shop/more_views.py"]\n',
};

interface Upheaval {
  readonly kind: "add" | "delete" | "rename" | "settings" | "back";
  readonly which: number;
}

/** Files come, go, take another name or come back; the settings name other apps. */
function upset(cwd: string, { kind, which }: Upheaval): void {
  const sources = readdirSync(cwd, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(?:py|html)$/.test(file))
    .toSorted();
  const file = sources[which % Math.max(1, sources.length)] ?? "";
  const name = Object.keys(NEWCOMERS)[which % Object.keys(NEWCOMERS).length] ?? "";
  const settings = sources.find((one) => one.endsWith("settings.py"));
  if (kind === "add") writeFiles(cwd, { [name]: NEWCOMERS[name] ?? "" });
  else if (kind === "delete" && file !== "") rmSync(path.join(cwd, file));
  else if (kind === "rename" && file !== "") renameSync(path.join(cwd, file), path.join(cwd, file.replace(/(\w+)\.(py|html)$/, "$1_too.$2")));
  else if (kind === "settings" && settings !== undefined)
    writeFileSync(
      path.join(cwd, settings),
      `${readFileSync(path.join(cwd, settings), "utf8")}\nINSTALLED_APPS += ["stock"]\nUSE_TZ = ${which % 2 === 0 ? "True" : "False"}\n`,
    );
  else writeFiles(cwd, SMALL_PROJECT);
}

test("after files came, went or took another name the cache changes nothing", async () => {
  const cwd = temporaryFolder(SMALL_PROJECT);
  mkdirSync(path.join(cwd, "stock"));
  writeFileSync(path.join(cwd, "stock/__init__.py"), "");
  await report(cwd);
  const changes = fc.record({ kind: fc.constantFrom("add", "delete", "rename", "settings", "back"), which: fc.nat(60) });
  await fc.assert(
    fc.asyncProperty(fc.array(changes, { minLength: 1, maxLength: 4 }), async (all) => {
      for (const one of all) upset(cwd, one);
      const [cached, fresh] = [await run(ARGUMENTS, cwd), await run([...ARGUMENTS, "--no-cache"], cwd)];
      expect(withoutTiming(cached)).toEqual(withoutTiming(fresh));
    }),
    { numRuns: 10, endOnFailure: true },
  );
}, 240_000);

const ARGUMENTS = ["check", "--format", "json", "--min-confidence", "possible"];

/** A project without models is an error, said with the cache as without. */
function withoutTiming({ status, stdout, stderr }: Ended): unknown {
  const { timing: _, ...said } = JSON.parse(stdout === "" ? "{}" : stdout) as { readonly timing?: object };
  return { status, stderr, said };
}
