// A throw-away PostgreSQL cluster: started in a temporary folder, stopped and deleted at the end, whatever that end is.
//
//   node scripts/postgres.mjs [--set name=value …] -- COMMAND…
//
// COMMAND finds the server through DATABASE_URL and PGHOST, PGPORT, PGUSER, PGDATABASE; its exit status is passed on.
import { spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { capture, installDebianPackages, runThrough } from "./run-command.mjs";

const debianHome = "/usr/lib/postgresql";

/** Nobody misses these rows after a crash, so durability is traded for speed. */
const throwAwaySettings = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_wal_size: "4GB",
  shared_buffers: "128MB",
  max_connections: "60",
};

/**
 * @typedef {object} Cluster
 * @property {string} url       a libpq URL, over TCP on the loopback interface
 * @property {number} port
 * @property {string} user
 * @property {string} database
 * @property {string} binaries  the folder with psql, pg_dump, pgbench …
 * @property {string} directory the data folder
 * @property {string} log       what the server writes to standard error
 * @property {Record<string, string>} env DATABASE_URL and PG* for a child process
 */

/**
 * @typedef {object} StartOptions
 * @property {Record<string, string>} [settings]
 * @property {string} [version]  a major of Debian's that must be installed
 * @property {string} [binaries] the folder of another server's programs (scripts/postgres-servers.mjs)
 * @property {(directory: string) => void} [prepare] changes the data folder before the server starts
 * @property {Cluster} [standbyOf] the primary to follow, of Debian's binaries: pg_basebackup is among them
 */

/**
 * Runs `work` against a fresh cluster and removes the cluster afterwards.
 *
 * @template T
 * @param {(cluster: Cluster) => Promise<T> | T} work
 * @param {StartOptions} [options]
 * @returns {Promise<T>}
 */
export async function withPostgres(work, options = {}) {
  const { cluster, stop } = await startPostgres(options);
  try {
    return await work(cluster);
  } finally {
    stop();
  }
}

/**
 * Starts a cluster whose end the caller decides. Should this process die first, even by SIGKILL, a watchdog stops it.
 *
 * @param {StartOptions} [options]
 * @returns {Promise<{ cluster: Cluster, stop: () => void }>}
 */
export async function startPostgres({ settings = {}, version, standbyOf, prepare = () => {}, ...options } = {}) {
  const binaries = options.binaries ?? findBinaries(version) ?? installServer(version);
  const home = mkdtempSync(path.join(tmpdir(), "luthier-pg-"));
  const owner = serverUser();
  if (owner) chownSync(home, owner.uid, owner.gid);
  const watchdog = watch(binaries, home, owner);
  const stop = () => {
    stopServer(binaries, home, owner);
    watchdog.stdin.end();
  };
  try {
    return { cluster: await start({ binaries, home, owner, settings, standbyOf, prepare }), stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/**
 * @param {{ binaries: string, home: string, owner: ServerUser | undefined, settings: Record<string, string>, standbyOf: Cluster | undefined, prepare: (directory: string) => void }} server
 * @returns {Promise<Cluster>}
 */
async function start({ binaries, home, owner, settings, standbyOf, prepare }) {
  const data = path.join(home, "data");
  if (standbyOf) copyPrimary(binaries, data, owner, standbyOf);
  else makeCluster(binaries, data, owner);
  prepare(data);
  const port = await freePort();
  const all = { ...throwAwaySettings, ...preloadable(binaries), ...settings };
  const flags = Object.entries(all).map(([name, value]) => `-c ${name}='${value}'`);
  const network = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='${home}'`;
  const log = path.join(home, "server.log");
  try {
    const options = `${network} ${flags.join(" ")}`;
    runAs(owner, path.join(binaries, "pg_ctl"), ["-D", data, "-w", "-l", log, "-o", options, "start"]);
  } catch (cause) {
    const words = existsSync(log) ? readFileSync(log, "utf8").trim().slice(-2000) : "";
    throw new Error(`PostgreSQL did not start\n${words}`, { cause });
  }
  return describe(binaries, data, port, log);
}

/** @param {string} binaries @param {string} data @param {ServerUser | undefined} owner */
function makeCluster(binaries, data, owner) {
  const locale = ["--encoding=UTF8", "--locale=C.UTF-8"];
  runAs(owner, path.join(binaries, "initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync", ...locale]);
}

/** A copy that goes on as a streaming standby of the primary. @param {string} binaries @param {string} data @param {ServerUser | undefined} owner @param {Cluster} primary */
function copyPrimary(binaries, data, owner, primary) {
  const from = ["-h", "127.0.0.1", "-p", String(primary.port), "-U", primary.user];
  runAs(owner, path.join(binaries, "pg_basebackup"), [...from, "-D", data, "--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--wal-method=stream"]);
}

/** @param {string} binaries @param {string} directory @param {number} port @param {string} log @returns {Cluster} */
function describe(binaries, directory, port, log) {
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  const env = {
    DATABASE_URL: url,
    PGHOST: "127.0.0.1",
    PGPORT: String(port),
    PGUSER: "postgres",
    PGDATABASE: "postgres",
  };
  return { url, port, user: "postgres", database: "postgres", binaries, directory, log, env };
}

/** pg_stat_statements must be loaded at start; it is part of the contributed modules and may be absent. */
function preloadable(/** @type {string} */ binaries) {
  const library = spawnSync(path.join(binaries, "pg_config"), ["--pkglibdir"], {
    encoding: "utf8",
  }).stdout?.trim();
  const fallback = path.join(binaries, "..", "lib");
  const has = [library, fallback, path.join(fallback, "postgresql")].some((folder) => folder && existsSync(path.join(folder, "pg_stat_statements.so")));
  return has ? { shared_preload_libraries: "pg_stat_statements" } : {};
}

/** @param {string | undefined} version */
function findBinaries(version) {
  const majors = existsSync(debianHome) ? readdirSync(debianHome).filter((name) => /^\d+$/.test(name)) : [];
  const wanted = majors.filter((major) => !version || major === version).toSorted((a, b) => Number(b) - Number(a));
  const folders = wanted.map((major) => path.join(debianHome, major, "bin"));
  return folders.find((folder) => existsSync(path.join(folder, "initdb")));
}

/** @param {string | undefined} version */
function installServer(version) {
  installDebianPackages([version ? `postgresql-${version}` : "postgresql"], "No PostgreSQL server is installed");
  const binaries = findBinaries(version);
  if (!binaries) throw new Error(`No PostgreSQL server under ${debianHome}, even after installing it`);
  return binaries;
}

/**
 * initdb and postgres refuse to run as root, so root hands over to the account that Debian's package made.
 *
 * @typedef {{ name: string, uid: number, gid: number }} ServerUser
 * @returns {ServerUser | undefined}
 */
function serverUser() {
  if (process.getuid?.() !== 0) return undefined;
  const name = "postgres";
  if (spawnSync("id", ["-u", name]).status !== 0) capture("useradd", ["--system", "--no-create-home", name]);
  const id = (/** @type {string} */ flag) => Number(capture("id", [flag, name]).trim());
  return { name, uid: id("-u"), gid: id("-g") };
}

/** @param {ServerUser | undefined} user @param {string} command @param {string[]} args */
function runAs(user, command, args) {
  const asUser = user ? { uid: user.uid, gid: user.gid, cwd: "/" } : {};
  capture(command, args, {
    ...asUser,
    stdio: ["ignore", "pipe", "pipe"],
    env: withoutPostgresVariables(),
  });
}

/** A PGHOST or PGDATA of the caller's must not lead the tools to another server. */
function withoutPostgresVariables() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("PG")));
}

/** @param {string} binaries @param {string} home @param {ServerUser | undefined} owner */
function stopServer(binaries, home, owner) {
  const data = path.join(home, "data");
  if (existsSync(path.join(data, "postmaster.pid"))) {
    runAs(owner, path.join(binaries, "pg_ctl"), ["-D", data, "-w", "-m", "immediate", "stop"]);
  }
  rmSync(home, { recursive: true, force: true });
}

/**
 * The watchdog reads from us until the pipe closes, which the kernel sees to however this process ends.
 *
 * @param {string} binaries @param {string} home @param {ServerUser | undefined} owner
 */
function watch(binaries, home, owner) {
  const script = 'cat >/dev/null; "$1" -D "$2/data" -m immediate stop >/dev/null 2>&1; rm -rf "$2"';
  const child = spawn("sh", ["-c", script, "watchdog", path.join(binaries, "pg_ctl"), home], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    cwd: "/",
    ...(owner ? { uid: owner.uid, gid: owner.gid } : {}),
  });
  child.unref();
  child.stdin.unref();
  return child;
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { set: { type: "string", multiple: true, default: [] } },
  });
  const [command, ...args] = positionals;
  if (!command) {
    process.stderr.write("usage: node scripts/postgres.mjs [--set name=value …] -- COMMAND…\n");
    process.exit(2);
  }
  const settings = Object.fromEntries(values.set.map((pair) => splitPair(pair)));
  process.exitCode = await withPostgres((cluster) => runThrough(command, args, { env: { ...process.env, ...cluster.env } }), { settings });
}

/** @param {string} pair @returns {[string, string]} */
function splitPair(pair) {
  const at = pair.indexOf("=");
  return at < 0 ? [pair, "on"] : [pair.slice(0, at), pair.slice(at + 1)];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
