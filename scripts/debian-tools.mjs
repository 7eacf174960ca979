// Programs of Debian's packages for tests: the installed ones where they are, else unpacked into .cache/debian without the rights of root.
//
//   node scripts/debian-tools.mjs PACKAGE PROGRAM…     says where they are, and fetches them before
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { capture } from "./run-command.mjs";

const cache = path.resolve(import.meta.dirname, "..", ".cache", "debian");
const folders = ["usr/bin", "usr/sbin", "bin", "sbin"];

/**
 * Paths of a package's programs, by their names. Their libraries are taken for installed: programs in Go need none.
 *
 * @template {string} Name
 * @param {string} name the package
 * @param {readonly Name[]} programs
 * @returns {Record<Name, string>}
 */
export function debianTool(name, programs) {
  const installed = find("/", programs);
  if (installed !== null) return installed;
  const home = path.join(cache, name);
  if (!existsSync(home)) unpack(name, home);
  const found = find(home, programs);
  if (found === null) throw new Error(`Debian's package ${name} holds no ${programs.join(", ")}; delete ${home} to fetch it again`);
  return found;
}

/** @template {string} Name @param {string} root @param {readonly Name[]} programs @returns {Record<Name, string> | null} */
function find(root, programs) {
  const places = programs.map((program) => folders.map((folder) => path.join(root, folder, program)).find((place) => existsSync(place)));
  if (places.some((place) => place === undefined)) return null;
  return /** @type {Record<Name, string>} */ (Object.fromEntries(programs.map((program, index) => [program, places[index]])));
}

/** Beside its place, and moved there when it is whole: two that fetch at once do not see half of it. @param {string} name @param {string} home */
function unpack(name, home) {
  mkdirSync(cache, { recursive: true });
  const aside = mkdtempSync(path.join(cache, "fetch-"));
  try {
    download(name, aside);
    const archive = readdirSync(aside).find((file) => file.endsWith(".deb"));
    if (archive === undefined) throw new Error(`apt-get downloaded nothing for ${name}`);
    const root = path.join(aside, "root");
    capture("dpkg-deb", ["-x", path.join(aside, archive), root]);
    renameSync(root, home);
  } catch (cause) {
    if (!existsSync(home)) throw new Error(`${name} is not installed, and could not be fetched with apt-get`, { cause });
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** An image may hold no list of packages yet, and to fetch one needs the rights that it was made with. @param {string} name @param {string} folder */
function download(name, folder) {
  const fetch = () => capture("apt-get", ["download", "-q", name], { cwd: folder });
  try {
    fetch();
  } catch {
    if (process.getuid?.() === 0) capture("apt-get", ["update", "-qq"]);
    else capture("sudo", ["-n", "apt-get", "update", "-qq"]);
    fetch();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name = "", ...programs] = process.argv.slice(2);
  process.stdout.write(`${Object.values(debianTool(name, programs)).join("\n")}\n`);
}
