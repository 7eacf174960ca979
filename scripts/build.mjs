// Compiles to build/, puts the modules into few files in dist/, and copies what is not TypeScript: the grammar, stubs of
// packages, rules' pages. What is the same for every run is done here: the stubs are lowered, the rules' pages are put
// into one file, and the build gets the name that caches go by.
//
//   node scripts/build.mjs [FOLDER]      another folder than dist/; the modules go to build/ beside it
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { bundle, listParts } from "./bundle.mjs";
import { packPlanPage } from "./plan-page.mjs";

const out = process.argv[2] ?? "dist";
const modules = join(dirname(out), "build");
const assets = /\.(?:py|md|wasm)$/;

for (const folder of [out, modules]) rmSync(folder, { recursive: true, force: true });
run("node_modules/typescript/bin/tsc", "-p", "tsconfig.json", "--outDir", modules);
for (const path of readdirSync("src", { recursive: true, encoding: "utf8" })) {
  if (assets.test(path) && !path.includes("fixtures")) copy(join("src", path), join(modules, path));
}
copy("web", join(modules, "web"));
writeFileSync(join(modules, "web/plan-page.txt"), packPlanPage());
copy("node_modules/tree-sitter-python/tree-sitter-python.wasm", join(modules, "python/tree-sitter-python.wasm"));
for (const prepare of ["builtin/build-stub-pack.js", "rules/build-rule-metas.js"]) run(join(modules, prepare));
listParts(join(modules, "rules"), "rule");
listParts(join(modules, "advisors"), "advisor");

await bundle(modules, out);
for (const path of filesIn(modules)) if (!path.endsWith(".js") || path.startsWith("web")) copy(join(modules, path), join(out, path));
chmodSync(join(out, "cli/main.js"), 0o755);
writeFileSync(join(out, "build-stamp.txt"), stampOf(out));

/** @param {string[]} command */
function run(...command) {
  const { status } = spawnSync(process.execPath, command, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * @param {string} from
 * @param {string} to
 */
function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true });
}

/** @param {string} folder */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();
}

/** @param {string} folder */
function stampOf(folder) {
  const stamp = createHash("sha256").update(readFileSync("package-lock.json"));
  for (const path of filesIn(folder)) if (/\.(?:js|py|wasm)$/.test(path)) stamp.update(path).update(readFileSync(join(folder, path)));
  return stamp.digest("base64url");
}
