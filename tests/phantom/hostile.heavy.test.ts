/** A snapshot may come from anybody: whatever SQL is in it, no program runs on this machine and none of its files is read or written. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Snapshot } from "../../src/model/index.ts";
import { openPhantom, type Phantom } from "../../src/sources/phantom/open-phantom.ts";
import { execute, look, startDebian, type RunningServer } from "../support/servers.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let server: RunningServer;
let snapshot: Snapshot;

beforeAll(async () => {
  server = await startDebian();
  await execute(server.cluster.url, "CREATE TABLE book (id int PRIMARY KEY, title text NOT NULL)");
  await execute(server.cluster.url, "INSERT INTO book SELECT n, 'title ' || n FROM generate_series(1, 2000) n");
  await execute(server.cluster.url, "ANALYZE book");
  snapshot = await look(server.cluster.url);
});
afterAll(() => server.stop());

/** Where whoever the server runs as could write. */
function target(): { readonly file: string; readonly program: string } {
  const folder = path.join(temporaryFolder(), "open");
  mkdirSync(folder);
  chmodSync(path.dirname(folder), 0o755);
  chmodSync(folder, 0o777);
  const file = path.join(folder, "pwned");
  return { file, program: `touch ${file}` };
}

async function open(of: Snapshot): Promise<Phantom> {
  const phantom = await openPhantom(of, { folders: [server.cluster.binaries] });
  onTestFinished(() => phantom.close());
  return phantom;
}

const withDdl = (...ddl: readonly string[]): Snapshot => ({ ...snapshot, catalog: { ...snapshot.catalog, ddl: [...snapshot.catalog.ddl, ...ddl] } });

/** PL/pgSQL that does the harm, and first tries to be the superuser again. */
const evil = (program: string): string =>
  `CREATE FUNCTION public.evil() RETURNS int LANGUAGE plpgsql VOLATILE AS $e$ BEGIN BEGIN EXECUTE 'RESET ROLE'; EXCEPTION WHEN OTHERS THEN NULL; END; BEGIN EXECUTE 'RESET SESSION AUTHORIZATION'; EXCEPTION WHEN OTHERS THEN NULL; END; EXECUTE $c$COPY (SELECT 1) TO PROGRAM '${program}'$c$; RETURN 1; END $e$`;

test.each([
  ["a program of COPY", (program: string) => [`COPY (SELECT 1) TO PROGRAM '${program}'`]],
  ["an anonymous block", (program: string) => [`DO $d$ BEGIN EXECUTE $c$COPY (SELECT 1) TO PROGRAM '${program}'$c$; END $d$`]],
  [
    "a block that looks like a role's",
    (program: string) => [
      `DO $luthier$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'x') THEN CREATE ROLE "x" NOLOGIN; END IF; EXECUTE $c$COPY (SELECT 1) TO PROGRAM '${program}'$c$; END $luthier$`,
    ],
  ],
  ["a setting of the server", (program: string) => [`ALTER SYSTEM SET archive_command = '${program}'`, "SELECT pg_reload_conf()"]],
  [
    "a statement after a statement",
    (program: string) => [`CREATE EXTENSION IF NOT EXISTS "plpgsql" WITH SCHEMA "pg_catalog"; COPY (SELECT 1) TO PROGRAM '${program}'`],
  ],
  [
    "a language that is trusted with everything",
    () => [`CREATE FUNCTION public.run(text) RETURNS int LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler'`],
  ],
  ["the end of its transaction", (program: string) => ["COMMIT", "RESET ROLE", `COPY (SELECT 1) TO PROGRAM '${program}'`]],
  [
    "a large object that is written to a file",
    (program: string) => [
      `CREATE MATERIALIZED VIEW public.m AS SELECT lo_export(lo_from_bytea(0, 'x'), '${program.replace("touch ", "")}') WITH NO DATA`,
      "REFRESH MATERIALIZED VIEW public.m",
    ],
  ],
  [
    "an event trigger",
    (program: string) => [
      `CREATE FUNCTION public.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $e$ BEGIN EXECUTE $c$COPY (SELECT 1) TO PROGRAM '${program}'$c$; END $e$`,
      "CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION public.on_ddl()",
    ],
  ],
])("%s in the schema is refused", async (_name, ddl) => {
  const { file, program } = target();
  const phantom = await open(withDdl(...ddl(program)));
  await phantom.plan("SELECT * FROM book WHERE id = 1");
  await phantom.sizeOf("CREATE INDEX ON book (title)");
  expect(existsSync(file)).toBe(false);
});

test("functions that run while a plan is made run as nobody", async () => {
  const { file, program } = target();
  const phantom = await open(
    withDdl(
      evil(program),
      "CREATE FUNCTION public.sly(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $s$ BEGIN PERFORM public.evil(); RETURN $1; END $s$",
      "CREATE FUNCTION public.slier(text) RETURNS text LANGUAGE sql IMMUTABLE AS $s$ SELECT public.sly($1) $s$",
      "CREATE DOMAIN public.word AS text CHECK (public.sly(VALUE) IS NOT NULL)",
      "CREATE TABLE public.note (id int, word public.word)",
    ),
  );
  await phantom.plan("SELECT * FROM book WHERE title = sly('a')").catch(() => {});
  await phantom.plan("SELECT * FROM book WHERE title = slier('a')").catch(() => {});
  await phantom.plan("SELECT * FROM note WHERE word = 'a'").catch(() => {});
  await phantom.sizeOf("CREATE INDEX ON book (sly(title))").catch(() => {});
  await phantom.sizeOf("CREATE INDEX ON book (slier(title)) WHERE slier('x') = 'x'").catch(() => {});
  expect(existsSync(file)).toBe(false);
});

test("statements of the workload cannot be two", async () => {
  const { file, program } = target();
  const phantom = await open(snapshot);
  const sql = `SELECT 1; COPY (SELECT 1) TO PROGRAM '${program}'`;
  await phantom.plan(sql).catch(() => {});
  await phantom.plan(sql, { generic: true }).catch(() => {});
  await phantom.plan("SELECT * FROM book WHERE title = $1", { literals: [`\\'; COPY (SELECT 1) TO PROGRAM '${program}'; --`] }).catch(() => {});
  const trial = phantom.trial();
  await trial.prepare(sql, { literals: [] });
  await trial.prepare(sql, { generic: true }).catch(() => {});
  expect(existsSync(file)).toBe(false);
});

test("settings and statistics are values, whatever is in them", async () => {
  const { file, program } = target();
  const copy = `COPY (SELECT 1) TO PROGRAM '${program}'`;
  const [first, ...others] = snapshot.servers;
  if (first === undefined) throw new Error("no server");
  const setting = {
    name: "search_path",
    value: `public; ${copy}`,
    unit: null,
    source: "file",
    context: "user",
    bootValue: null,
    category: "Client",
    pendingRestart: false,
  };
  const servers = [
    {
      ...first,
      settings: [
        ...first.settings,
        setting,
        { ...setting, name: `work_mem = 1; ${copy}; SET work_mem`, category: "Query Tuning" },
        { ...setting, name: "standard_conforming_strings", value: "off" },
      ],
    },
    ...others,
  ];
  const planner = snapshot.catalog.planner;
  const statistics = (planner?.statistics ?? []).map((one) => ({ ...one, figures: { ...one.figures, width: `1); ${copy}; --` as unknown as number } }));
  const hostile: Snapshot = {
    ...snapshot,
    servers,
    catalog: { ...snapshot.catalog, ...(planner === undefined ? {} : { planner: { ...planner, statistics } }) },
  };
  const phantom = await open(hostile);
  await phantom.plan("SELECT * FROM book WHERE title = $1", { literals: [`\\'; ${copy}; --`] }).catch(() => {});
  expect(existsSync(file)).toBe(false);
});

test("files of this machine are not read", async () => {
  const { file } = target();
  writeFileSync(file, "secret");
  chmodSync(file, 0o644);
  const phantom = await open(withDdl(`CREATE FUNCTION public.peek() RETURNS text LANGUAGE sql IMMUTABLE AS $s$ SELECT pg_read_file('${file}') $s$`));
  await expect(phantom.plan("SELECT * FROM book WHERE title = peek()")).rejects.toThrow(/permission denied/);
});
