/** Lowers the built-in stubs once; run by `scripts/build.mjs` in `dist/`. */
import { writeFileSync } from "node:fs";
import { stubFolders } from "../frameworks/registry.ts";
import { encodeModule } from "../python/codec.ts";
import { openPythonParser } from "../python/parser.ts";
import { contentHash, writePack } from "../sources/pack.ts";
import { loadStubs, stubStamp } from "./load-stubs.ts";

const parser = await openPythonParser();
const stubs = [undefined, ...stubFolders()].flatMap((folder) => loadStubs(folder));
const entries = stubs.map((stub) => [contentHash(stub.file, stub.text), encodeModule(parser.lower(stub.file, stub.text))] as const);
writeFileSync(new URL("stubs.pack", import.meta.url), writePack(new Map(entries), stubStamp));
