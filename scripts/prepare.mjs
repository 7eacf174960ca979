// What every other script needs first: the npm packages of package-lock.json, and a build.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { runThrough } from "./run-command.mjs";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/** Installs what package-lock.json names and compiles to dist/. Throws when either fails. */
export async function prepare() {
  requireNode(process.versions.node);
  // Not `npm ci`: it refuses a lock file that leaves out optional binaries of platforms that a registry does not carry.
  if (!isInstalled()) await must("npm", ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]);
  await must(process.execPath, ["scripts/build.mjs"]);
}

/** @param {string} version */
function requireNode(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) throw new Error(`Node 20.19 or newer is needed; this is ${version}`);
}

/**
 * npm keeps a list of what it installed. Contents are compared rather than dates: a checkout gives files any date.
 *
 * @returns {boolean}
 */
function isInstalled() {
  const installed = path.join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installed)) return false;
  const has = packagesOf(installed);
  const wanted = Object.entries(packagesOf(path.join(root, "package-lock.json")));
  return wanted.every(([name, { version, optional }]) => name === "" || optional || has[name]?.version === version);
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean }>}
 */
function packagesOf(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages ?? {};
}

/** @param {string} command @param {string[]} args */
async function must(command, args) {
  const status = await runThrough(command, args, { cwd: root });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} exited with ${status}`);
}
