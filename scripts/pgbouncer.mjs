// Debian's PgBouncer, installed when a test first asks for it.
import { existsSync } from "node:fs";
import { installDebianPackages } from "./run-command.mjs";

const program = "/usr/sbin/pgbouncer";

/** Path of the program. @returns {string} */
export function installed() {
  if (!existsSync(program)) installDebianPackages(["pgbouncer"], "PgBouncer is not installed");
  return program;
}
