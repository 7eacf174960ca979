// Compiles to dist/ and copies what is not TypeScript: the grammar, stubs of packages, rules' pages.
//
//   node scripts/build.mjs [FOLDER]      another folder than dist/
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { packPlanPage } from "./plan-page.mjs";

const out = process.argv[2] ?? "dist";
const assets = /\.(?:py|md|wasm)$/;

rmSync(out, { recursive: true, force: true });
const compiled = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json", "--outDir", out], { stdio: "inherit" });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

for (const path of readdirSync("src", { recursive: true, encoding: "utf8" })) {
  if (!assets.test(path) || path.includes("fixtures")) continue;
  mkdirSync(dirname(join(out, path)), { recursive: true });
  cpSync(join("src", path), join(out, path));
}
cpSync("web", join(out, "web"), { recursive: true });
writeFileSync(join(out, "web/plan-page.txt"), packPlanPage());
cpSync("node_modules/tree-sitter-python/tree-sitter-python.wasm", join(out, "python/tree-sitter-python.wasm"));
chmodSync(join(out, "cli/main.js"), 0o755);

// What is the same for every run is done here: the stubs are lowered, the rules' pages are put into one file, and the
// build gets the name that caches go by.
for (const prepare of ["builtin/build-stub-pack.js", "rules/build-rule-metas.js"]) {
  const prepared = spawnSync(process.execPath, [join(out, prepare)], { stdio: "inherit" });
  if (prepared.status !== 0) process.exit(prepared.status ?? 1);
}
rmSync(join(out, "build-stamp.txt"), { force: true });
const stamp = createHash("sha256").update(readFileSync("package-lock.json"));
for (const path of readdirSync(out, { recursive: true, encoding: "utf8" }).toSorted()) {
  if (/\.(?:js|py|wasm)$/.test(path)) stamp.update(path).update(readFileSync(join(out, path)));
}
writeFileSync(join(out, "build-stamp.txt"), stamp.digest("base64url"));
