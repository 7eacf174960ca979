/** Finds the rules: every folder beside this file that holds a `rule` module. */
import { readdirSync, readFileSync, existsSync } from "node:fs";
import type { Rule, RuleMeta } from "../model/index.ts";

const home = new URL(".", import.meta.url);
const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
/** Written by `scripts/build.mjs`, for a build has the rules in few files; a checkout has none. */
const builtList = new URL("list.js", home);

export async function loadRules(): Promise<readonly Rule[]> {
  if (existsSync(builtList)) return ((await import(builtList.href)) as { readonly parts: readonly Rule[] }).parts;
  const modules = await Promise.all(ruleIds().map((id) => import(new URL(`${id}/rule.${extension}`, home).href) as Promise<{ readonly rule: Rule }>));
  return modules.map((module) => module.rule);
}

/** What the catalogue says of every rule, with its page. A build has it in one file, so that no rule is loaded for it. */
export async function loadRuleMetas(): Promise<readonly RuleMeta[]> {
  return readBuiltMetas() ?? (await collectRuleMetas());
}

export async function collectRuleMetas(): Promise<readonly RuleMeta[]> {
  const rules = await loadRules();
  return rules.map((rule) => ({ ...rule.meta, doc: ruleDoc(rule.meta.id) }));
}

/** Written by `build-rule-metas.ts`; a checkout has none. */
export const builtMetas = new URL("metas.json", home);

function readBuiltMetas(): readonly RuleMeta[] | null {
  return existsSync(builtMetas) ? (JSON.parse(readFileSync(builtMetas, "utf8")) as readonly RuleMeta[]) : null;
}

function ruleIds(): readonly string[] {
  return readdirSync(home, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/rule.${extension}`, home)))
    .map((entry) => entry.name)
    .toSorted();
}

function ruleDoc(id: string): string {
  return readFileSync(new URL(`${id}/doc.md`, home), "utf8");
}
