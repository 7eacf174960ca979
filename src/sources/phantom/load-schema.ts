/** Settings and schema of production, as far as this server can have them. */
import type { Snapshot } from "../../model/index.ts";
import { plannerSettings, setStatement } from "../../postgres/phantom/planner-settings.ts";
import type { Ask } from "./connection.ts";

/** What is not as in production. */
export type Note = (sentence: string) => void;

export async function applySettings(ask: Ask, { servers }: Snapshot, note: Note): Promise<void> {
  for (const [name, value] of plannerSettings(servers[0]?.settings ?? [])) {
    await ask(setStatement(name, value)).catch((error: unknown) => note(`setting ${name} is not as in production: ${messageOf(error)}`));
  }
}

/** All at once, since each statement costs the way there and back; one by one where one of them fails. */
export async function createSchema(ask: Ask, { catalog }: Snapshot, note: Note): Promise<void> {
  const statements = catalog.ddl.filter((one) => !one.startsWith("--"));
  await ask("SET search_path = pg_catalog");
  try {
    await ask(`BEGIN; ${statements.join(";\n")}; COMMIT`);
  } catch {
    await ask("ROLLBACK");
    await createEach(ask, statements, note);
  }
}

async function createEach(ask: Ask, statements: readonly string[], note: Note): Promise<void> {
  const failed: string[] = [];
  for (const statement of statements) {
    try {
      await ask(statement);
    } catch (error) {
      const extension = /^CREATE EXTENSION IF NOT EXISTS "([^"]+)"/.exec(statement)?.[1];
      if (extension === undefined) failed.push(messageOf(error));
      else note(`extension ${extension} is not on this machine: what uses it is left out`);
    }
  }
  if (failed.length > 0) note(`${failed.length} of ${statements.length} statements of the schema were refused, the first: ${failed[0] ?? ""}`);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
