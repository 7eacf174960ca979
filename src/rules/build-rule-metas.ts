/** Collects what the catalogue says of the rules; run by `scripts/build.mjs` in `dist/`. */
import { writeFileSync } from "node:fs";
import { builtMetas, collectRuleMetas } from "./load-rules.ts";

writeFileSync(builtMetas, JSON.stringify(await collectRuleMetas()));
