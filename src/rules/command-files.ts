import type { LazyLoad, Program, QueryRun } from "../model/index.ts";
import { moduleOf } from "../python/syntax-tree.ts";
import { namersOf } from "./importers.ts";
import { isScript } from "./scripts.ts";
import { isTestFile } from "./test-files.ts";

/** Modules that Django imports when their command is run, and at no other time. */
const COMMAND = /(?:^|\/)management\/commands\//;

/** Outside of a loop a command asks once a run: a question more is not worth a change. */
export function isOncePerRun({ span, loop }: Pick<QueryRun, "span" | "loop">): boolean {
  return loop === null && isCommandFile(span.file);
}

/** `create_sample_data`, `seed_db`: commands that fill a developer's database, with as many rows as they say. */
export function isSampleDataCommand(file: string): boolean {
  return isCommandFile(file) && /(?:^|[/_])(?:(?:sample|example|demo|dummy|fake|mock|seed)(?:_\w*)?|seed\w*)\.py$/.test(file);
}

export function isOfOnceCommand({ origin, loop }: Pick<LazyLoad, "origin" | "loop">): boolean {
  return isOnceCommand(origin.span.file) || (loop !== null && isOnceCommand(loop.span.file));
}

/** `fix_totals`, `backfill_slugs`, `migrate_users`, and all of an app `data_migrations`: commands that bring old rows up to date, and are run once. */
export function isOnceCommand(file: string): boolean {
  return isCommandFile(file) && (ONCE_BY_NAME.test(file) || /(?:^|\/)data_migrations\//.test(file));
}

const ONCE_BY_NAME = /(?:^|[/_])(?:fix|fixes|dedup|dedupe|deduplicate|backfill|populate|migrate|undo|convert|upgrade|deprecated|legacy)(?:_\w*)?\.py$/;

export function isCommandFile(file: string): boolean {
  return COMMAND.test(file);
}

/** Code of a command, of a script, or of a module that nothing but commands and tests imports: one process runs it at a time. */
export function isRunByCommandsAlone(program: Program, file: string): boolean {
  if (isCommandFile(file)) return true;
  const module = moduleOf(program, file);
  if (module === null || module.isPackage) return false;
  if (isScript(program, module)) return true;
  const files = namersOf(program, module)
    .map(({ ir }) => ir.file)
    .filter((one) => !isTestFile(one));
  return files.length > 0 && files.every(isCommandFile);
}
