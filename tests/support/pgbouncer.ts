/** The real PgBouncer in a temporary folder, in front of a server that lets everyone in. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { withClient } from "./servers.ts";
// @ts-expect-error a plain script
import { installed } from "../../scripts/pgbouncer.mjs";

export interface RunningPooler {
  readonly port: number;
  /** URL of a database behind it. */
  readonly url: (database: string, user?: string) => string;
  /** URL of its console. */
  readonly console: string;
  readonly stop: () => Promise<void>;
}

const program = installed;

/** Starts it with the file as it is given, but for what a test must choose: port, folders, whom it lets in. `files` lie beside it. */
export async function startPooler(ini: (folder: string, port: number) => string, files: Readonly<Record<string, string>> = {}): Promise<RunningPooler> {
  const folder = mkdtempSync(path.join(tmpdir(), "luthier-pooler-"));
  const port = await freePort();
  const configuration = path.join(folder, "pgbouncer.ini");
  for (const [name, text] of Object.entries({ ...files, "pgbouncer.ini": ini(folder, port) })) writeFileSync(path.join(folder, name), text);
  // It refuses to run as root; the account is of Debian's package.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) for (const one of [folder, ...Object.keys(files).map((name) => path.join(folder, name)), configuration]) chownSync(one, ...accountOf());
  const child = spawn(program(), [...(isRoot ? ["-u", "postgres"] : []), configuration], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  const url = (database: string, user = "postgres"): string => `postgresql://${user}@127.0.0.1:${port}/${database}`;
  try {
    await answers(child, url("pgbouncer"), () => said);
  } catch (error) {
    await stop(child, folder);
    throw error;
  }
  return { port, url, console: url("pgbouncer"), stop: () => stop(child, folder) };
}

function accountOf(): [number, number] {
  const id = (flag: string): number => Number(spawnText("id", [flag, "postgres"]));
  return [id("-u"), id("-g")];
}

function spawnText(command: string, args: readonly string[]): string {
  const { stdout, status } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed`);
  return stdout.trim();
}

const PATIENCE_MS = 10_000;

async function answers(child: ChildProcess, url: string, said: () => string): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await wait(50)) {
    if (child.exitCode !== null) throw new Error(`PgBouncer did not start\n${said()}`);
    // A refusal is an answer too: not every file lets this user in.
    const isThere = await withClient(url, async () => true).catch(
      (error: unknown) => !(typeof error === "object" && error !== null && "code" in error && error.code === "ECONNREFUSED"),
    );
    if (isThere) return;
  }
  throw new Error(`PgBouncer does not answer\n${said()}`);
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null) {
    const ended = new Promise((resolve) => child.once("close", resolve));
    // At once: SIGTERM waits for clients from 1.23 on.
    child.kill("SIGKILL");
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
