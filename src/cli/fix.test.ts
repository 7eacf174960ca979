import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { runCli } from "../../tests/support/run-cli.ts";
import { SAMPLE_FILES, SAMPLE_FINDINGS, SAMPLE_REPORT } from "../../tests/support/sample-report.ts";
import type { Finding, Report } from "../model/index.ts";
import { commitAll, git, temporaryFolder, writeFiles } from "../../tests/support/temporary-folder.ts";

function repository(): string {
  const folder = temporaryFolder(SAMPLE_FILES);
  commitAll(folder);
  return folder;
}

const fix = (cwd: string, ...args: string[]) => runCli(["fix", ...args], { cwd });

test("applies the safe fixes, says how to undo them, and what is left", async () => {
  const cwd = repository();
  const { stdout, stderr, status } = await fix(cwd);
  expect(stdout).toBe(
    "  k3f9  load customer and address with the orders list\n\n" + "Applied: 1 fix, 1 line in 1 file. Undo: git restore shop/views/orders.py\n",
  );
  expect(stderr).toBe("Not applied: 1 fix to review (--unsafe applies it), 8 findings without an edit.\n");
  expect(status).toBe(1);
  expect(git(cwd, "diff", "--stat")).toContain("1 file changed, 1 insertion(+), 1 deletion(-)");
});

test("what it names as undo undoes it", async () => {
  const cwd = repository();
  const { stdout } = await fix(cwd, "--unsafe", "--select", "k3f9,c0aa");
  expect(stdout).toContain("Applied: 2 fixes, 2 lines in 2 files. Undo: git restore shop\n");
  execFileSync("sh", ["-c", /Undo: (.*)/.exec(stdout)?.[1] ?? "false"], { cwd });
  expect(git(cwd, "status", "--porcelain")).toBe("");
});

test("exits with 0 when nothing at or above --fail-on is left", async () => {
  expect((await fix(repository(), "--select", "k3f9")).status).toBe(0);
});

describe("--dry-run", () => {
  test("prints a diff that git applies, and changes nothing", async () => {
    const cwd = repository();
    const { stdout, status } = await fix(cwd, "--dry-run", "--unsafe");
    expect(git(cwd, "status", "--porcelain")).toBe("");
    expect(status).toBe(1);
    writeFiles(cwd, { "p.diff": stdout });
    git(cwd, "apply", "p.diff");
    expect(readFileSync(path.join(cwd, "shop/views/orders.py"), "utf8")).toContain('"customer__address")');
    expect(readFileSync(path.join(cwd, "shop/reports.py"), "utf8")).toContain("distinct=True");
  });
  test("needs no clean tree", async () => {
    expect((await fix(temporaryFolder(SAMPLE_FILES), "--dry-run")).stdout).toContain("+++ b/shop/views/orders.py");
  });
});

describe("refuses what git could not restore", () => {
  test("a dirty tree, unless forced; then it promises no undo", async () => {
    const cwd = repository();
    writeFiles(cwd, { "shop/admin.py": "changed" });
    expect(await fix(cwd)).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining("git does not have your changes of shop/admin.py."),
    });
    expect((await fix(cwd, "--force")).stdout).toContain("Applied: 1 fix, 1 line in 1 file.\n");
  });
  test("no repository", async () => {
    expect(await fix(temporaryFolder(SAMPLE_FILES))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("this is no git repository"),
    });
  });
});

test("a file that changed since is left as it is", async () => {
  const cwd = temporaryFolder({ ...SAMPLE_FILES, "shop/views/orders.py": "something else\n" });
  commitAll(cwd);
  expect(await fix(cwd)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("shop/views/orders.py changed while it was analysed"),
  });
  expect(git(cwd, "status", "--porcelain")).toBe("");
});

test("nothing to apply is said", async () => {
  expect(await fix(repository(), "--select", "3.5")).toMatchObject({
    status: 0,
    stdout: "Nothing applied.\n",
    stderr: "Not applied: 4 findings without an edit.\n",
  });
});

describe("new migrations", () => {
  const [template] = SAMPLE_FINDINGS;

  /** Two findings of one app, each with a migration after 0003_last. */
  function reportOfMigrations(): Report {
    if (template === undefined) throw new Error("the sample is empty");
    const findings = ["a", "b"].map((id): Finding => {
      const file = `shop/migrations/0004_drop_${id}.py`;
      const edits = [{ file, start: 0, end: 0, expected: "", text: `dependencies = [("shop", "0003_last")]  # ${id}\n` }];
      const migration = { lock: "", duration: "", rollback: "", follows: { app: "shop", name: "0003_last", files: [file] } };
      return { ...template, id: id.repeat(16), fixes: [{ title: `drop ${id}`, kind: "migration", safety: "review", edits, migration }] };
    });
    return { ...SAMPLE_REPORT, findings };
  }

  test("follow each other, and what it names as undo takes them away", async () => {
    const cwd = repository();
    const { stdout } = await runCli(["fix", "--unsafe"], { cwd, report: reportOfMigrations() });
    expect(stdout).toContain("Applied: 2 fixes, 2 lines in 2 files. Undo: rm shop/migrations/0004_drop_a.py shop/migrations/0005_drop_b.py\n");
    expect(readFileSync(path.join(cwd, "shop/migrations/0005_drop_b.py"), "utf8")).toBe('dependencies = [("shop", "0004_drop_a")]  # b\n');
    execFileSync("sh", ["-c", /Undo: (.*)/.exec(stdout)?.[1] ?? "false"], { cwd });
    expect(git(cwd, "status", "--porcelain")).toBe("");
  });

  test("are printed as files that git makes", async () => {
    const cwd = repository();
    const { stdout } = await runCli(["fix", "--unsafe", "--dry-run"], { cwd, report: reportOfMigrations() });
    writeFiles(cwd, { "p.diff": stdout });
    git(cwd, "apply", "p.diff");
    expect(readFileSync(path.join(cwd, "shop/migrations/0005_drop_b.py"), "utf8")).toContain("0004_drop_a");
  });

  test("are named with their lock, time and undo where no patch takes them up, in 80 columns", async () => {
    const report = reportOfMigrations();
    const plan = {
      lock: "ACCESS EXCLUSIVE until it is done: the table is rewritten, and reads and writes wait",
      duration: "about 23 s",
      rollback: "Migrate back.",
    };
    const findings = report.findings.map((finding): Finding => ({
      ...finding,
      fixes: finding.fixes.map((fix) => ({ ...fix, migration: { ...fix.migration, ...plan } })),
    }));
    const { stdout, stderr } = await runCli(["fix", "--unsafe", "--dry-run"], { cwd: repository(), report: { ...report, findings } });
    expect(stdout).not.toContain("ACCESS EXCLUSIVE");
    expect(stderr).toContain(`Migrations, in this order. luthier runs none: python manage.py migrate does.
  aaaa  drop a
        shop/migrations/0004_drop_a.py
        lock  ACCESS EXCLUSIVE until it is done: the table is rewritten, and
              reads and writes wait
        time  about 23 s
        undo  Migrate back.
  bbbb  drop b
        shop/migrations/0005_drop_b.py
`);
  });

  test("take the place of no file that is there", async () => {
    const cwd = temporaryFolder({ ...SAMPLE_FILES, "shop/migrations/0005_drop_b.py": "mine\n" });
    commitAll(cwd);
    expect(await runCli(["fix", "--unsafe"], { cwd, report: reportOfMigrations() })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("shop/migrations/0005_drop_b.py is there already; nothing was changed."),
    });
    expect(git(cwd, "status", "--porcelain")).toBe("");
  });
});

describe("SQL that no edit can be", () => {
  const [template] = SAMPLE_FINDINGS;

  /** Two findings with one fix, of which luthier runs nothing. */
  function reportOfSql(): Report {
    if (template === undefined) throw new Error("the sample is empty");
    const sql = { forward: ["DROP INDEX CONCURRENTLY a"], reverse: ["CREATE INDEX CONCURRENTLY a ON t (x)"], isTransactional: false };
    const findings = ["a", "b"].map((id): Finding => ({
      ...template,
      id: id.repeat(16),
      fixes: [{ title: "Drop a, by SQL alone: no model has it", kind: "sql", safety: "review", edits: [], sql }],
    }));
    return { ...SAMPLE_REPORT, findings };
  }

  test("is listed with its undo, once for all findings that ask for it", async () => {
    const { stdout, stderr, status } = await runCli(["fix", "--unsafe"], { cwd: repository(), report: reportOfSql() });
    expect(stdout).toBe("Nothing applied.\n");
    expect(stderr).toBe(`To run yourself, since luthier runs no SQL:
  aaaa, bbbb  Drop a, by SQL alone: no model has it
        outside of a transaction:
        DROP INDEX CONCURRENTLY a;
        undo: CREATE INDEX CONCURRENTLY a ON t (x);

Not applied: 2 fixes in SQL, to run yourself.
`);
    expect(status).toBe(1);
  });

  test("is counted where nobody asked for what needs a review", async () => {
    const { stderr } = await runCli(["fix"], { cwd: repository(), report: reportOfSql() });
    expect(stderr).toBe("Not applied: 2 fixes in SQL, to run yourself (--unsafe or --dry-run shows them).\n");
  });
});

describe("--prove says before it works that", () => {
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ["it needs a command", ["--prove"], "--prove needs a command to run before and after the fixes."],
    ["a command is for it alone", ["--", "pytest"], "a command is for --prove."],
    ["--apply is for it alone", ["--apply"], "--apply is for --prove."],
    ["--repeat is for it alone", ["--repeat", "2"], "--repeat is for --prove."],
    ["--repeat is a count", ["--prove", "--repeat", "0", "--", "pytest"], "It must be a whole number from 1 on."],
    ["a dry run applies nothing", ["--prove", "--dry-run", "--apply", "--", "pytest"], "--dry-run and --apply contradict each other."],
    ["there is something to prove", ["--prove", "--select", "2.1", "--", "pytest"], "has a safe fix to try."],
  ];
  test.each(cases)("%s", async (_, args, sentence) => {
    expect(await fix(repository(), ...args)).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining(sentence) });
  });

  test("--apply could be undone, before anything is run", async () => {
    const cwd = repository();
    writeFiles(cwd, { "shop/admin.py": "changed" });
    expect(await fix(cwd, "--prove", "--apply", "--", "pytest")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("git does not have your changes"),
    });
  });
});
