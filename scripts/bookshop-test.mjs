// Runs the bookshop's own test suite on a throw-away PostgreSQL.
//
//   node scripts/bookshop-test.mjs [arguments of manage.py test]
import path from "node:path";
import { fileURLToPath } from "node:url";
import { withPostgres } from "./postgres.mjs";
import { ensurePythonEnv } from "./python-env.mjs";
import { runThrough } from "./run-command.mjs";

const bookshop = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "examples", "bookshop");

/**
 * Resolves to the exit status of the suite; what the suite says goes to our own terminal.
 *
 * @param {readonly string[]} args handed to `manage.py test`
 * @returns {Promise<number>}
 */
export async function runBookshopTests(args = []) {
  const { python } = await ensurePythonEnv();
  const command = ["manage.py", "test", "--settings", "bookshop.settings.test", ...args];
  return withPostgres((cluster) => runThrough(python, command, { cwd: bookshop, env: { ...process.env, ...cluster.env } }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await runBookshopTests(process.argv.slice(2));
}
