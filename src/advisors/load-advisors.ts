/** Finds the advisors: every folder beside this file that holds an `advisor` module. */
import { existsSync, readdirSync } from "node:fs";
import type { Advisor } from "../model/advice.ts";

const home = new URL(".", import.meta.url);
const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
/** Written by `scripts/build.mjs`, for a build has the advisors in few files; a checkout has none. */
const builtList = new URL("list.js", home);

/** In the order of their names, so that equal evidence gives an equal handbook. */
export async function loadAdvisors(): Promise<readonly Advisor[]> {
  if (existsSync(builtList)) return ((await import(builtList.href)) as { readonly parts: readonly Advisor[] }).parts;
  const modules = await Promise.all(
    advisorIds().map((id) => import(new URL(`${id}/advisor.${extension}`, home).href) as Promise<{ readonly advisor: Advisor }>),
  );
  return modules.map((module) => module.advisor);
}

function advisorIds(): readonly string[] {
  return readdirSync(home, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/advisor.${extension}`, home)))
    .map((entry) => entry.name)
    .toSorted();
}
