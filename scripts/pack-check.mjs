// Packs the package as npm would publish it, installs the tarball in an empty folder, and uses it there.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./prepare.mjs";
import { capture } from "./run-command.mjs";

/** Throws when the installed package does not do what the one in this repository does. */
export function checkPackage() {
  const home = mkdtempSync(path.join(tmpdir(), "luthier-pack-"));
  try {
    install(home);
    checkProgram(home);
    checkLibrary(home);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** @param {string} home */
function install(home) {
  const [packed] = JSON.parse(capture("npm", ["pack", "--json", "--silent", "--pack-destination", home], { cwd: root }));
  writeFileSync(path.join(home, "package.json"), JSON.stringify({ name: "fresh", private: true, type: "module" }));
  const tarball = path.join(home, packed.filename);
  capture("npm", ["install", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", tarball], { cwd: home });
  cpSync(path.join(root, "examples", "bookshop"), path.join(home, "bookshop"), { recursive: true });
}

/** @param {string} home */
function checkProgram(home) {
  const program = path.join(home, "node_modules", ".bin", "luthier");
  const rules = JSON.parse(capture(program, ["rules", "--format", "json"], { cwd: home }));
  if (rules.length === 0) throw new Error("the packed luthier knows no rule");
  const pageless = rules.filter((/** @type {{ doc: string }} */ rule) => rule.doc.trim() === "");
  if (pageless.length > 0) throw new Error(`rules without a page in the package: ${pageless.map(idOf).join(", ")}`);
  const { status, stdout, stderr } = spawnSync(program, ["check", "bookshop", "--no-cache", "--format", "json"], {
    cwd: home,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  if (status !== 1) throw new Error(`the packed luthier exited with ${status}, not 1\n${stderr}`);
  const { findings } = JSON.parse(stdout);
  if (findings.length === 0) throw new Error("the packed luthier finds nothing in the bookshop");
}

/** @param {{ id: string }} rule */
function idOf({ id }) {
  return id;
}

/** @param {string} home */
function checkLibrary(home) {
  const script = `
    import { analyse } from "luthier";
    import * as report from "luthier/report";
    const result = await analyse({ root: ${JSON.stringify(path.join(home, "bookshop"))} });
    if (result.findings.length === 0) throw new Error("the library finds nothing");
    if (!report.renderJson(result).startsWith("{")) throw new Error("the library renders nothing");
  `;
  capture(process.execPath, ["--input-type=module", "--eval", script], { cwd: home });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) checkPackage();
