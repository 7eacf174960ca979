/** Settings and schema of production, as far as this server can have them. */
import type { Snapshot } from "../../model/index.ts";
import { standInCollations } from "../../postgres/phantom/locale.ts";
import { plannerSettings, setStatement } from "../../postgres/phantom/planner-settings.ts";
import type { Ask } from "./connection.ts";
import { CONFINE, OWNER, runThroughDoor, wayOf } from "./door.ts";

/** What is not as in production. */
export type Note = (sentence: string) => void;

export async function applySettings(ask: Ask, { servers }: Snapshot, note: Note): Promise<void> {
  for (const [name, value] of plannerSettings(servers[0]?.settings ?? [])) {
    await ask(setStatement(name, value)).catch((error: unknown) => note(`setting ${name} is not as in production: ${messageOf(error)}`));
  }
}

/** All that the owner makes at once, since each statement costs the way there and back; one by one where one of them fails. */
export async function createSchema(ask: Ask, { catalog }: Snapshot, note: Note): Promise<void> {
  const ways = catalog.ddl.filter((one) => !one.startsWith("--")).map((one) => wayOf(one));
  await ask("SET search_path = pg_catalog");
  for (const one of ways) if (one.kind === "refused") note(one.why);
  await createBySuperuser(
    ask,
    ways.flatMap((one) => (one.kind === "superuser" ? [one.sql] : [])),
    note,
  );
  await makeCollations(ask, catalog.ddl, note);
  await ask(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${OWNER}`);
  const statements = ways.flatMap((one) => (one.kind === "owner" ? [one.sql] : []));
  try {
    await runThroughDoor(ask, statements.map((one) => `${one};\n`).join(""));
  } catch {
    await createEach(ask, statements, note);
  }
  await ask(CONFINE);
}

async function createBySuperuser(ask: Ask, statements: readonly string[], note: Note): Promise<void> {
  for (const statement of statements) {
    const schema = /WITH SCHEMA ("(?:[^"]|"")+")$/.exec(statement)?.[1];
    if (schema !== undefined) await ask(`CREATE SCHEMA IF NOT EXISTS ${schema}`).catch(() => {});
    if (schema !== undefined) await ask(`GRANT ALL ON SCHEMA ${schema} TO ${OWNER}`).catch(() => {});
    await ask(statement).catch((error: unknown) => {
      const extension = /^CREATE EXTENSION IF NOT EXISTS "([^"]+)"/.exec(statement)?.[1];
      note(extension === undefined ? `a role was refused: ${messageOf(error)}` : `extension ${extension} is not on this machine: what uses it is left out`);
    });
  }
}

/** A table whose column names a collation that is not here would be left out. */
async function makeCollations(ask: Ask, ddl: readonly string[], note: Note): Promise<void> {
  if (!ddl.some((one) => one.includes(" COLLATE pg_catalog."))) return;
  const present = await ask<{ name: string }>(
    "SELECT collname AS name FROM pg_catalog.pg_collation WHERE collnamespace = 'pg_catalog'::pg_catalog.regnamespace",
  );
  for (const { name, sql } of standInCollations(ddl, new Set(present.map((one) => one.name))))
    await ask(sql).then(
      () => note(`collation ${name} is not on this machine: its texts are ordered as ICU orders them`),
      () => {},
    );
}

async function createEach(ask: Ask, statements: readonly string[], note: Note): Promise<void> {
  const failed: string[] = [];
  for (const statement of statements) await runThroughDoor(ask, statement).catch((error: unknown) => void failed.push(messageOf(error)));
  if (failed.length > 0) note(`${failed.length} of ${statements.length} statements of the schema were refused, the first: ${failed[0] ?? ""}`);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
