// A Chromium for the tests of pages: the one that is installed, else Debian's.
import { spawnSync } from "node:child_process";
import { installDebianPackages } from "./run-command.mjs";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/**
 * Throws when there is none and none can be installed.
 *
 * @returns {string} the command, or the path that the environment variable CHROMIUM names
 */
export function ensureChromium() {
  const given = process.env["CHROMIUM"];
  if (given) return given;
  const found = installed();
  if (found !== undefined) return found;
  installDebianPackages(["chromium"], "Chromium is missing, which the tests of pages need");
  const now = installed();
  if (now === undefined) throw new Error("Chromium was installed and cannot be started");
  return now;
}

function installed() {
  for (const name of names) {
    const { status, stdout } = spawnSync("which", [name], { encoding: "utf8" });
    if (status === 0) return stdout.trim();
  }
  return undefined;
}
