// Debian's Redis, installed when a test first asks for it, and a server of its own for each that asks.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { installDebianPackages } from "./run-command.mjs";

const program = "/usr/bin/redis-server";
const longestStartMs = 10_000;

/** Path of the program. @returns {string} */
export function installed() {
  if (!existsSync(program)) installDebianPackages(["redis-server"], "Redis is not installed");
  return program;
}

/**
 * A server that keeps nothing on disk and listens on a socket in a folder of its own.
 *
 * @returns {Promise<{ url: string, stop: () => void }>}
 */
export async function startRedis() {
  const folder = mkdtempSync(path.join(tmpdir(), "luthier-redis-"));
  const socket = path.join(folder, "redis.sock");
  const server = spawn(installed(), ["--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", folder], { stdio: "ignore" });
  const stop = () => {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  for (let waited = 0; !existsSync(socket); waited += 20) {
    if (server.exitCode !== null || waited > longestStartMs) {
      stop();
      throw new Error("Redis did not start");
    }
    await sleep(20);
  }
  return { url: `unix://${socket}`, stop };
}
