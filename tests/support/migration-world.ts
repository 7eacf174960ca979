/** The bookshop in a folder of its own, migrated on a real PostgreSQL, and changes of it that are run while others write. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { applyEdits } from "../../src/fixes/apply.ts";
import { chainMigrations } from "../../src/fixes/chain-migrations.ts";
import { planFixes } from "../../src/fixes/plan-fixes.ts";
import type { Edit, FixDraft, RuleInput } from "../../src/model/index.ts";
import { bookshop } from "./bookshop.ts";
import type { DjangoEnvironment } from "./django-versions.ts";
import { SAMPLE_FINDINGS } from "./sample-report.ts";
import { writeFiles } from "./temporary-folder.ts";

/** Settings without pages: the shop's need a newer Django than 4.2. */
const SETTINGS = `from bookshop.settings.base import *  # noqa: F403

ROOT_URLCONF = "no_urls"
SILENCED_SYSTEM_CHECKS = ["admin.E108"]
`;

export interface Shop {
  readonly root: string;
  readonly url: string;
  readonly environment: DjangoEnvironment;
}

/** A copy whose carrier has no constraint, so that there is one to add, migrated and with rows. */
export function buildShop(environment: DjangoEnvironment, url: string): Shop {
  const root = mkdtempSync(path.join(tmpdir(), "luthier-shop-"));
  cpSync(bookshop, root, { recursive: true, filter: (file) => !file.includes("__pycache__") });
  writeFiles(root, { "migration_settings.py": SETTINGS, "no_urls.py": "urlpatterns = []\n", "requirements.txt": `Django==${environment.version}.1\n` });
  replaceIn(
    root,
    "orders/models.py",
    'models.PROTECT, related_name="shipments")  # twin',
    'models.PROTECT, related_name="shipments", db_constraint=False)  # twin',
  );
  replaceIn(root, "orders/migrations/0001_initial.py", "('carrier', models.ForeignKey(", "('carrier', models.ForeignKey(db_constraint=False, ");
  const shop = { root, url, environment };
  for (const command of [
    ["migrate", "-v0"],
    ["generate", "--rows", "1000", "--seed", "1"],
  ]) {
    const { status, stderr } = spawnSync(environment.python, ["manage.py", ...command], { cwd: root, encoding: "utf8", env: environmentOf(shop) });
    if (status !== 0) throw new Error(`manage.py ${command.join(" ")}:\n${stderr}`);
  }
  return shop;
}

function replaceIn(root: string, file: string, from: string, to: string): void {
  const target = path.join(root, file);
  const text = readFileSync(target, "utf8");
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  writeFileSync(target, text.replace(from, to));
}

function environmentOf({ url }: Shop): NodeJS.ProcessEnv {
  return { ...process.env, DATABASE_URL: url, DJANGO_SETTINGS_MODULE: "migration_settings", PYTHONDONTWRITEBYTECODE: "1", PYTHONPATH: "." };
}

export interface Applied {
  readonly files: ReadonlyMap<string, string>;
  /** Names of the migrations that each fix makes, as they are numbered in the end. */
  readonly migrations: readonly (readonly string[])[];
}

/** Files after all fixes together, as `luthier fix` writes them. */
export function applyTogether(fixes: readonly FixDraft[], { text }: RuleInput): Applied {
  const [template] = SAMPLE_FINDINGS;
  if (template === undefined) throw new Error("the sample is empty");
  const chosen = fixes.map((fix, index) => ({
    finding: { ...template, id: `fix-${index}` },
    fix: { title: fix.title, kind: fix.kind ?? "edit", safety: fix.safety, edits: editsOf(fix, text), ...(fix.migration && { migration: fix.migration }) },
  }));
  const plan = planFixes(chosen, text);
  if (plan.skipped.length > 0) throw new Error(`skipped: ${plan.skipped.map(({ fix }) => fix.title).join(", ")}`);
  const files = [...plan.edits].map(([file, edits]): [string, string] => {
    const outcome = applyEdits(text(file), edits);
    if (!outcome.ok) throw new Error(`${file}: ${outcome.problem.kind}`);
    return [file, outcome.text];
  });
  const migrations = chainMigrations(chosen).edits.map((edits) => edits.flatMap(({ file }) => /\/migrations\/(\w+)\.py$/.exec(file)?.[1] ?? []));
  return { files: new Map(files), migrations };
}

function editsOf({ edits, files = [] }: FixDraft, text: (file: string) => string): Edit[] {
  const offset = (file: string, at: number): number => Buffer.byteLength(text(file).slice(0, at));
  return [
    ...edits.map(({ span, text: replacement }) => ({
      file: span.file,
      start: offset(span.file, span.start),
      end: offset(span.file, span.end),
      expected: text(span.file).slice(span.start, span.end),
      text: replacement,
    })),
    ...files.map(({ file, text: replacement }) => ({ file, start: 0, end: 0, expected: "", text: replacement })),
  ];
}

export function dumpSchema({ url }: Shop): string {
  const { stdout, stderr, status } = spawnSync("pg_dump", ["--schema-only", "--no-owner", url], { encoding: "utf8", maxBuffer: 1e8 });
  if (status !== 0) throw new Error(stderr);
  return stdout.replaceAll(/^\\(?:un)?restrict .*$/gm, "");
}

/** Django in a process of its own, which does one thing after the other. */
export interface Driver {
  readonly check: () => Promise<void>;
  /** Resolves with the longest wait of a write while the migration stood waiting for an open transaction; null when it never did. */
  readonly migrate: (app: string, name: string, writes: Writes) => Promise<number | null>;
  readonly stop: () => void;
}

export interface Writes {
  /** Written to meanwhile. */
  readonly table: string | null;
  /** A transaction that has written to it is open when the migration begins. */
  readonly holds: boolean;
}

export function startDriver(shop: Shop): Driver {
  const child = spawn(shop.environment.python, [path.resolve(import.meta.dirname, "../migrations/drive.py")], {
    cwd: shop.root,
    env: environmentOf(shop),
    stdio: "pipe",
  });
  const lines = linesOf(child);
  const tell = (line: string): Promise<void> => {
    child.stdin.write(`${line}\n`);
    return lines.expect("done");
  };
  return {
    check: () => tell("check"),
    migrate: (app, name, writes) => writeDuring(shop.url, writes, () => tell(`migrate ${app} ${name}`)),
    stop: () => {
      child.stdin.end();
      child.kill();
    },
  };
}

interface Lines {
  /** All that it said. */
  readonly text: () => string;
  /** Resolves with the line, fails when the child ends without. */
  readonly expect: (line: string) => Promise<void>;
}

/** What the child says, a line at a time. */
function linesOf(child: ChildProcess): Lines {
  const state = { text: "", seen: 0, isOver: false, wake: (): void => undefined };
  const take = (chunk: Buffer): void => {
    state.text += chunk.toString();
    state.wake();
  };
  child.stdout?.on("data", take);
  child.stderr?.on("data", take);
  child.on("close", () => {
    state.isOver = true;
    state.wake();
  });
  const expect = async (line: string): Promise<void> => {
    for (;;) {
      const at = state.text.indexOf(`${line}\n`, state.seen);
      if (at >= 0) {
        state.seen = at + line.length + 1;
        return;
      }
      if (state.isOver) throw new Error(state.text);
      await new Promise<void>((resolve) => (state.wake = resolve));
    }
  };
  return { text: () => state.text, expect };
}

/** How long the migration is kept waiting while writes are measured. */
const HELD_MS = 300;

/**
 * Writes row by row while the migration runs. With `holds`, a transaction that has written stays open until the migration waits for it: a
 * lock that conflicts with writes then stands in the queue before every write that follows.
 */
export async function writeDuring(url: string, { table, holds }: Writes, run: () => Promise<void>): Promise<number | null> {
  if (table === null) {
    await run();
    return null;
  }
  const clients = [new pg.Client(url), new pg.Client(url), new pg.Client(url)] as const;
  const [holder, writer, watcher] = clients;
  await Promise.all(clients.map((one) => one.connect()));
  const state = { isDone: false, heldFrom: Number.POSITIVE_INFINITY, heldTo: Number.POSITIVE_INFINITY, longest: null as number | null };
  const write = async (): Promise<void> => {
    while (!state.isDone) {
      const start = performance.now();
      await writer.query(touch(table, 1));
      if (performance.now() > state.heldFrom && start < state.heldTo) state.longest = Math.max(state.longest ?? 0, performance.now() - start);
      await sleep(5);
    }
  };
  const hold = async (): Promise<void> => {
    while (!state.isDone && !(await isWaiting(watcher))) await sleep(10);
    if (state.isDone) return;
    state.heldFrom = performance.now();
    await sleep(HELD_MS);
    state.heldTo = performance.now();
    await holder.query("COMMIT");
  };
  try {
    if (holds) {
      await holder.query("BEGIN");
      await holder.query(touch(table, 0));
    }
    const migration = run().finally(() => (state.isDone = true));
    await Promise.all([migration, write(), ...(holds ? [hold()] : [])]);
    return state.longest;
  } finally {
    await Promise.all(clients.map((one) => one.end()));
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Writes one row as it is. */
function touch(table: string, row: number): string {
  return `UPDATE ${table} SET id = id WHERE id = (SELECT id FROM ${table} ORDER BY id OFFSET ${row} LIMIT 1)`;
}

async function isWaiting(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()");
  return (rowCount ?? 0) > 0;
}
