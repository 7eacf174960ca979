/** A copy of the example shop that the built command line mends, on a database that has been lived in. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Finding, Report } from "../../src/model/index.ts";
import { readSnapshot, writeSnapshot } from "../../src/sources/snapshot-file.ts";
import { bookshop } from "./bookshop.ts";
import { livedInBookshop, type LivedIn } from "./bookshop-database.ts";
import type { Ended, RunBuilt } from "./built-cli.ts";
import { withGiven } from "./given.ts";
import { commitAll, git, writeFiles } from "./temporary-folder.ts";

/** Enough for statistics with common values; few enough for a test. */
const ROWS = 20_000;

/** Sizes from which rules speak, brought down to this small shop's. */
const CONFIGURATION = `[tool.luthier.thresholds]
"missing-foreign-key-index" = 500
"unused-index.bytes" = 16384
"useless-like-index.bytes" = 16384
"null-heavy-index.bytes" = 16384
"constant-column-index.bytes" = 16384
"never-null-nullable" = 100
"uuid-as-text" = 100
"partial-index.rows" = 100
"partial-index.share" = 0
`;

/** Counters that only months of traffic bring about. */
const GIVEN = `-- given: age = 40
-- given: table orders_orderline reltuples = 200000
-- given: table orders_orderline counters.updated = 4000000
-- given: table orders_orderline counters.newPageUpdated = 3000000
`;

/** What git does not have of a project: bytecode, and luthier's own folder. */
const IGNORED = "__pycache__/\n.luthier/\n";

export interface Shop {
  readonly root: string;
  /** `luthier check` on a look at the database as it is now; the first one is what fixes go by. */
  readonly check: () => Promise<Report>;
  readonly fix: (...args: readonly string[]) => Promise<Ended>;
  /** Management commands in one process, one a line; throws what they say when one fails. */
  readonly manage: (...commands: readonly string[]) => void;
  readonly sql: (statements: readonly string[], isTransactional: boolean) => void;
  readonly schema: () => string;
  readonly status: () => readonly string[];
  /** The tree as it was committed. */
  readonly restore: () => void;
  readonly stop: () => void;
}

export async function startShop(run: RunBuilt): Promise<Shop> {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), "luthier-mended-")));
  cpSync(bookshop, root, { recursive: true, filter: (file) => !/__pycache__|\.luthier|luthier\.toml$/.test(file) });
  writeFiles(root, { ".gitignore": IGNORED, "pyproject.toml": CONFIGURATION });
  commitAll(root);
  return shopOn(root, await livedInBookshop(ROWS, root), run);
}

function shopOn(root: string, lived: LivedIn, run: RunBuilt): Shop {
  const first = path.join(root, ".luthier/snapshot.json.gz");
  return {
    root,
    check: async () => {
      const snapshot = existsSync(first) ? path.join(root, ".luthier/later.json.gz") : first;
      expectSuccess(await run(["snapshot", root, "--db", lived.url, "--out", snapshot], root));
      writeSnapshot(snapshot, withGiven(readSnapshot(snapshot).snapshot, GIVEN));
      const { stdout, stderr } = await run(
        ["check", root, "--snapshot", snapshot, "--format", "json", "--min-confidence", "possible", "--fail-on", "never", "--quiet"],
        root,
      );
      if (stdout === "") throw new Error(stderr);
      return JSON.parse(stdout) as Report;
    },
    fix: (...args) => run(["fix", "--snapshot", first, "--min-confidence", "possible", "--fail-on", "never", ...args], root),
    manage: (...commands) =>
      outputOf(lived.python, [path.resolve(import.meta.dirname, "../migrations/drive.py")], {
        root,
        env: { ...lived.env, PYTHONPATH: ".", PYTHONDONTWRITEBYTECODE: "1" },
        input: `${commands.join("\n")}\n`,
      }),
    sql: (statements, isTransactional) => {
      const text = statements.map((one) => `${one.replace(/;?\s*$/, ";")}\n`).join("");
      outputOf("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", lived.url, "-f", "-"], {
        root,
        env: lived.env,
        input: isTransactional ? `BEGIN;\n${text}COMMIT;\n` : text,
      });
    },
    // A dump of today's tools begins and ends with a key that is new each time.
    schema: () => outputOf("pg_dump", ["--schema-only", "--no-owner", lived.url], { root, env: lived.env }).replaceAll(/^\\(?:un)?restrict .*$/gm, ""),
    status: () => git(root, "status", "--porcelain", "--untracked-files=all").split("\n").filter(Boolean),
    restore: () => {
      git(root, "checkout", "--quiet", ".");
      git(root, "clean", "--quiet", "--force", "-d");
    },
    stop: () => {
      lived.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function expectSuccess({ status, stderr }: Ended): void {
  if (status !== 0) throw new Error(stderr);
}

function outputOf(
  command: string,
  args: readonly string[],
  { root, env, input = "" }: { readonly root: string; readonly env: NodeJS.ProcessEnv; readonly input?: string },
): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, env, input, encoding: "utf8", maxBuffer: 1e8 });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}\n${error?.message ?? stderr}\n${stdout}`);
  return stdout;
}

/** The app's last migration that git has. */
export function lastCommitted({ root }: Shop, app: string): string {
  const names = git(root, "ls-files", `${app}/migrations`)
    .split("\n")
    .flatMap((file) => /\/(\d+_\w+)\.py$/.exec(file)?.[1] ?? []);
  return names.toSorted().at(-1) ?? "zero";
}

/** Findings whose fix is a migration. */
export function migratable({ findings }: Report, rules: readonly string[]): readonly Finding[] {
  return findings.filter(({ rule, fixes: [first] }) => rules.includes(rule) && first?.kind === "migration");
}
