/**
 * A throw-away cluster: a folder of its own under the system's temporary one, a socket in it that nobody else can reach, no network. A
 * watchdog ends it when this process ends, however that is; what even that leaves behind, the next start sweeps.
 */
import { execFile, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { UsageError } from "../../model/usage-error.ts";

export interface Cluster {
  readonly home: string;
  /** The data folder. */
  readonly data: string;
  /** The socket's folder. */
  readonly socket: string;
  /** In the cluster's name and in its folder alone: who finds it there knows that this is the cluster. */
  readonly token: string;
  /** Who the files must belong to, where root hands over to another account. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  readonly stop: () => Promise<void>;
}

export const PREFIX = "luthier-phantom-";
export const TOKEN_FILE = "token";
const OWNER_FILE = "owner";

/** Nothing that is written here outlives the process. Autovacuum would replace statistics and counters with those of empty tables. */
const SETTINGS: Readonly<Record<string, string>> = {
  autovacuum: "off",
  fsync: "off",
  full_page_writes: "off",
  synchronous_commit: "off",
  wal_level: "minimal",
  max_wal_senders: "0",
  checkpoint_timeout: "1d",
  max_wal_size: "4GB",
  shared_buffers: "32MB",
  max_connections: "10",
  // A statement over many tables, each with a hundred indexes to try, locks them all.
  max_locks_per_transaction: "4096",
  listen_addresses: "",
  logging_collector: "off",
  log_min_messages: "panic",
  log_min_error_statement: "panic",
};

export interface ClusterOptions {
  readonly binaries: string;
  readonly major: number;
  readonly encoding: string;
  /** Parent of the cluster's folder. */
  readonly folder?: string;
}

export async function startCluster({ binaries, major, encoding, folder = tmpdir() }: ClusterOptions): Promise<Cluster> {
  const owner = serverAccount();
  const { home, stop } = openHome({ folder, owner, hasServer: true });
  try {
    const data = path.join(home, "data");
    const token = randomBytes(12).toString("hex");
    const run = runner(binaries, owner);
    // The template databases are of no use but for their catalogs: the cheapest locale does.
    await run("initdb", [
      "-D",
      data,
      "-U",
      "postgres",
      "-A",
      "trust",
      "--no-sync",
      "--locale=C",
      `--encoding=${encoding}`,
      ...(major >= WITH_CHECKSUMS ? ["--no-data-checksums"] : []),
    ]);
    writeFileSync(path.join(data, TOKEN_FILE), token);
    const settings = Object.entries({ ...SETTINGS, unix_socket_directories: home, unix_socket_permissions: "0700", cluster_name: `${PREFIX}${token}` });
    await run("pg_ctl", [
      "-D",
      data,
      "-w",
      "-s",
      "-l",
      path.join(home, "log"),
      "-o",
      settings.map(([name, value]) => `-c ${name}='${value}'`).join(" "),
      "start",
    ]);
    return { home, data, socket: home, token, owner, stop };
  } catch (cause) {
    const log = logOf(home);
    await stop();
    throw startFailure(cause, log, folder);
  }
}

export interface HomeOptions {
  readonly folder?: string;
  readonly owner: Cluster["owner"];
  /** Whether a process of a server of its own is to be ended with it. */
  readonly hasServer: boolean;
}

/** A folder that is gone when this process is, or when the next one begins. */
export function openHome({ folder = tmpdir(), owner, hasServer }: HomeOptions): { readonly home: string; readonly stop: () => Promise<void> } {
  sweep(folder);
  const home = makeHome(folder, owner);
  const watchdog = watch(home, hasServer);
  return { home, stop: () => endWatchdog(watchdog, home) };
}

/** The first version that computes checksums unless told not to. Pages that are written here have none. */
const WITH_CHECKSUMS = 18;

function makeHome(folder: string, owner: Cluster["owner"]): string {
  try {
    const home = mkdtempSync(path.join(folder, PREFIX));
    writeFileSync(path.join(home, OWNER_FILE), JSON.stringify({ pid: process.pid, started: startOf(process.pid) }));
    if (owner !== null) chownSync(home, owner.uid, owner.gid);
    return home;
  } catch (cause) {
    throw startFailure(cause, "", folder);
  }
}

export function startFailure(cause: unknown, log: string, folder: string): UsageError {
  const words = `${cause instanceof Error ? cause.message : String(cause)}\n${log}`;
  if (/ENOSPC|No space left/i.test(words) || isFull(folder))
    return new UsageError("no-room", `there is no room for a local server in ${folder}.`, "Free 100 MB there, or name another folder with TMPDIR.", { cause });
  const line = words.split("\n").find((one) => /FATAL|PANIC|error:/.test(one)) ?? words.split("\n")[0] ?? "";
  return new UsageError(
    "server-start",
    `the local server for plans did not start: ${line.trim().replace(/\.$/, "")}.`,
    "Try again; the words are the server's own.",
    { cause },
  );
}

/** Less than a server's next file of its log takes (PostgreSQL: 16 MiB). */
const LITTLE = 17_000_000;

/** Not every program says that it was the disk. */
export function isFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < LITTLE;
  } catch {
    return false;
  }
}

function logOf(home: string): string {
  const file = path.join(home, "log");
  return existsSync(file) ? readFileSync(file, "utf8").slice(-2000) : "";
}

// ------------------------------------------------------------------------------------------------------------ processes

/** The server refuses to run as root, who hands over to the account that packages make for it, or to nobody. */
function serverAccount(): Cluster["owner"] {
  if (process.getuid?.() !== 0) return null;
  const id = (flag: string, name: string): number => Number(spawnSync("id", [flag, name], { encoding: "utf8" }).stdout.trim() || Number.NaN);
  const name = Number.isNaN(id("-u", "postgres")) ? "nobody" : "postgres";
  return { uid: id("-u", name), gid: id("-g", name) };
}

function runner(binaries: string, owner: Cluster["owner"]): (program: string, args: readonly string[]) => Promise<void> {
  // A PGDATA or PGHOST of the caller's must not lead to another server.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("PG")));
  return async (program, args) => {
    try {
      await promisify(execFile)(path.join(binaries, program), [...args], { env: { ...env, LC_ALL: "C" }, cwd: "/", ...owner });
    } catch (error) {
      const { stderr } = error as { readonly stderr?: string };
      throw new Error(stderr?.trim() || (error instanceof Error ? error.message : String(error)), { cause: error });
    }
  };
}

/** It reads from us until the pipe closes, which the kernel sees to however this process ends. */
function watch(home: string, hasServer: boolean): ChildProcess {
  // Without a process of its own, the number in that file is nobody's.
  const end =
    'kill -QUIT "$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)" 2>/dev/null; for i in 1 2 3 4 5 6 7 8 9 10; do [ -e "$1/data/postmaster.pid" ] || break; sleep 0.1; done; ';
  const script = `trap "" INT TERM HUP; cat >/dev/null; ${hasServer ? end : ""}rm -rf "$1"`;
  const child = spawn("sh", ["-c", script, "watchdog", home], { stdio: ["pipe", "ignore", "ignore"], detached: true, cwd: "/" });
  child.on("error", () => {});
  child.unref();
  (child.stdin as unknown as { readonly unref?: () => void } | null)?.unref?.();
  return child;
}

async function endWatchdog(watchdog: ChildProcess, home: string): Promise<void> {
  const ended = watchdog.exitCode === null ? new Promise((resolve) => watchdog.once("exit", resolve)) : Promise.resolve();
  watchdog.ref();
  watchdog.stdin?.end();
  await ended;
  rmSync(home, { recursive: true, force: true });
}

// ------------------------------------------------------------------------------------------------------------ sweeping

/** Clusters whose process is gone, and their watchdog with it. */
function sweep(folder: string): void {
  for (const name of listFolder(folder).filter((one) => one.startsWith(PREFIX))) {
    const home = path.join(folder, name);
    if (isAbandoned(home)) removeCluster(home);
  }
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** One of another user's, or one that is just being made, says nothing of its owner and stays. */
function isAbandoned(home: string): boolean {
  try {
    const { pid, started } = JSON.parse(readFileSync(path.join(home, OWNER_FILE), "utf8")) as { readonly pid: number; readonly started: string | null };
    return Number.isInteger(pid) && (!isRunning(pid) || startOf(pid) !== started);
  } catch {
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

const START_TIME = 19;

/** When a process began, in ticks since the machine did: its number may be another one's by now. Null where there is no /proc. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[START_TIME] ?? null;
  } catch {
    return null;
  }
}

function removeCluster(home: string): void {
  const pid = Number(readIfThere(path.join(home, "data", "postmaster.pid"))?.split("\n")[0]);
  // Only the server that runs in this very folder: the number may have gone to another process.
  const isOurs = Number.isInteger(pid) && pid > 0 && readIfThere(`/proc/${pid}/cmdline`)?.includes(home) === true;
  if (isOurs) process.kill(pid, "SIGQUIT");
  rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
