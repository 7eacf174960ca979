// Puts compiled modules into few files: a thousand modules take a third of a second of every run to load, these a tenth.
import { readFileSync, readdirSync, realpathSync, writeFileSync } from "node:fs";
import path from "node:path";
import { rolldown } from "rolldown";

/** What is started, imported by users, run as a thread, or found by name. */
const ENTRIES = ["cli/main", "cli/run-process", "index", "report/index", "sources/parse-worker", "rules/list", "advisors/list"];
/** Installed beside luthier; what else a module imports goes into the bundle. */
const PACKAGES = Object.keys(JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).dependencies);
/** Stands for `import.meta.url` until it is known in which file a module ends up. */
const PLACE = "__placeOfModule__";

/**
 * Writes a module that imports each part of a folder by its name, so that the bundle knows them.
 *
 * @param {string} folder
 * @param {string} name of the module in each part's folder, and of what it exports
 */
export function listParts(folder, name) {
  const ids = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(path.join(folder, entry.name)).includes(`${name}.js`))
    .map((entry) => entry.name)
    .toSorted();
  const imports = ids.map((id, index) => `import { ${name} as part${index} } from "./${id}/${name}.js";\n`);
  writeFileSync(path.join(folder, "list.js"), `${imports.join("")}export const parts = [${ids.map((_, index) => `part${index}`).join(", ")}];\n`);
}

/**
 * @param {string} from the folder of compiled modules
 * @param {string} to
 */
export async function bundle(from, to) {
  const home = realpathSync(from);
  const input = Object.fromEntries(ENTRIES.map((name) => [name, path.join(home, `${name}.js`)]));
  const build = await rolldown({
    input,
    platform: "node",
    external: [/^node:/, ...PACKAGES.map((name) => new RegExp(`^${name}(?:/|$)`))],
    plugins: [keepPlaces(home)],
  });
  await build.write({ dir: to, format: "esm", entryFileNames: "[name].js", chunkFileNames: "chunks/[name]-[hash].js" });
}

/**
 * A module finds its assets beside itself. `import.meta.url` stays what it would be if the module still stood alone.
 *
 * @param {string} home
 * @returns {import("rolldown").Plugin}
 */
function keepPlaces(home) {
  return {
    name: "keep-places",
    transform: (code, id) =>
      code.includes("import.meta.url")
        ? code.replaceAll("import.meta.url", `${PLACE}(${JSON.stringify(path.relative(home, id).replaceAll("\\", "/"))})`)
        : null,
    renderChunk: (code, { fileName }) =>
      code.replaceAll(
        /__placeOfModule__\("([^"]+)"\)/g,
        (_all, module) => `new URL(${JSON.stringify(path.posix.relative(path.posix.dirname(fileName), module))}, import.meta.url).href`,
      ),
  };
}
