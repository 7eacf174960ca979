// Debian's HAProxy, installed when a test first asks for it.
import { existsSync } from "node:fs";
import { installDebianPackages } from "./run-command.mjs";

const program = "/usr/sbin/haproxy";

/** Path of the program. @returns {string} */
export function installed() {
  if (!existsSync(program)) installDebianPackages(["haproxy"], "HAProxy is not installed");
  return program;
}
