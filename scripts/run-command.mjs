// Child processes for the scripts of this folder: run to the end, or fail with what the command said.
import { spawn, spawnSync } from "node:child_process";

/**
 * Runs a command to its end and returns what it wrote to standard output.
 * Throws an Error that carries the command's own last words when it fails.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnSyncOptions} [options]
 * @returns {string}
 */
export function capture(command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: "utf8", maxBuffer: 64 << 20, ...options });
  if (result.error) throw result.error;
  if (result.status !== 0) {
    const words = `${String(result.stdout ?? "")}${String(result.stderr ?? "")}`.trim().slice(-4000);
    throw new Error(`${command} ${args.join(" ")} exited with ${result.status ?? result.signal}\n${words}`);
  }
  return String(result.stdout ?? "");
}

/**
 * The same without holding up what else this process does.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions} [options]
 * @returns {Promise<string>}
 */
export function captureBeside(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const said = { out: "", all: "" };
    child.stdout.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
      said.out += text;
      said.all += text;
    });
    child.stderr.setEncoding("utf8").on("data", (/** @type {string} */ text) => void (said.all += text));
    child.once("error", reject);
    child.once("close", (status, signal) => {
      if (status === 0) resolve(said.out);
      else reject(new Error(`${command} ${args.join(" ")} exited with ${status ?? signal}\n${said.all.trim().slice(-4000)}`));
    });
  });
}

/**
 * Runs a command that shares our terminal and resolves to its exit status (128 + n after signal n).
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions} [options]
 * @returns {Promise<number>}
 */
export function runThrough(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "inherit", ...options });
    child.once("error", reject);
    child.once("close", (status, signal) => resolve(status ?? 128 + signalNumber(signal)));
  });
}

/**
 * Runs a command, shows what it says as it says it, and resolves to its exit status and its standard output.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<{ status: number, output: string }>}
 */
export function runTeed(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
      output += text;
      process.stdout.write(text);
    });
    child.once("error", reject);
    child.once("close", (status, signal) => resolve({ status: status ?? 128 + signalNumber(signal), output }));
  });
}

/**
 * Installs Debian packages, asking the archive for its current list first.
 *
 * @param {readonly string[]} packages
 * @param {string} reason what needs them, for the message when this machine cannot install them
 */
export function installDebianPackages(packages, reason) {
  const isRoot = process.getuid?.() === 0;
  const prefix = isRoot ? [] : ["sudo", "-n"];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (/** @type {string[]} */ ...args) => {
    const [command = "apt-get", ...rest] = [...prefix, "apt-get", ...args];
    capture(command, rest, { env });
  };
  try {
    apt("update", "-qq");
    apt("install", "-y", "-qq", "--no-install-recommends", ...packages);
  } catch (cause) {
    throw new Error(`${reason}, and ${packages.join(", ")} could not be installed with apt-get`, {
      cause,
    });
  }
}

/** @param {string | null} signal */
function signalNumber(signal) {
  if (signal === "SIGINT") return 2;
  if (signal === "SIGTERM") return 15;
  return signal === "SIGKILL" ? 9 : 1;
}
