// Compiles to dist/ and copies what is not TypeScript: the grammar, stubs of packages, rules' pages.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

const assets = /\.(?:py|md|wasm)$/;

rmSync("dist", { recursive: true, force: true });
const compiled = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json"], { stdio: "inherit" });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

for (const path of readdirSync("src", { recursive: true, encoding: "utf8" })) {
  if (!assets.test(path) || path.includes("fixtures")) continue;
  mkdirSync(dirname(join("dist", path)), { recursive: true });
  cpSync(join("src", path), join("dist", path));
}
cpSync("node_modules/tree-sitter-python/tree-sitter-python.wasm", "dist/python/tree-sitter-python.wasm");
chmodSync("dist/cli/main.js", 0o755);
