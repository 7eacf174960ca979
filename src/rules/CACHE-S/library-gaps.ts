/** Writes that an installed cache of querysets does not notice. */
import type { DatabaseDraft, EvidenceInput, RuleInput, SettingsFacts, Spot } from "../../model/index.ts";
import { formatCount } from "../../model/numbers.ts";
import { SOURCE_EVIDENCE } from "../caching/evidence.ts";
import { notices } from "../caching/libraries.ts";
import { writeSites, type WriteSite } from "../caching/write-sites.ts";

const MOST_PLACES = 8;

export function libraryGaps(input: EvidenceInput, source: RuleInput): readonly DatabaseDraft[] {
  const settings = input.deployment.settings.find((one) => hasApp(one, "cacheops"));
  return settings === undefined ? [] : cacheopsGaps(input, source, settings);
}

function hasApp({ values }: SettingsFacts, name: string): boolean {
  const apps = values.get("INSTALLED_APPS")?.value;
  return Array.isArray(apps) && apps.some((one) => one === name);
}

/** Models of CACHEOPS are cached; those of no entry are not. */
function cacheopsGaps({ deployment }: EvidenceInput, source: RuleInput, settings: SettingsFacts): DatabaseDraft[] {
  const entries = settings.values.get("CACHEOPS")?.value;
  if (typeof entries !== "object" || entries === null || Array.isArray(entries) || "unknown" in entries) return [];
  const patterns = Object.keys(entries);
  const version = deployment.packages.get("django-cacheops")?.version ?? null;
  const missed = new Map<string, WriteSite[]>();
  for (const site of writeSites(source)) {
    if (site.model === null || notices("cacheops", site.kind) || !patterns.some((one) => covers(one, site.model ?? ""))) continue;
    missed.set(site.model, [...(missed.get(site.model) ?? []), site]);
  }
  return [...missed].map(([label, sites]) => toDraft(label, sites, version, settings.values.get("CACHEOPS")?.spot ?? null));
}

/** `shop.order`, `shop.*`, `*.*`. */
function covers(pattern: string, label: string): boolean {
  const [app = "", model = ""] = pattern.toLowerCase().split(".");
  const [ownApp = "", ownModel = ""] = label.toLowerCase().split(".");
  return (app === "*" || app === ownApp) && (model === "*" || model === ownModel);
}

function toDraft(label: string, sites: readonly WriteSite[], version: string | null, spot: Spot | null): DatabaseDraft {
  const name = label.split(".").at(-1) ?? label;
  const how = [...new Set(sites.map((one) => (one.kind === "sql" ? "SQL" : `${one.how}()`)))].join(", ");
  return {
    key: ["cacheops", label],
    chapter: "6.3",
    claim: `${formatCount(sites.length, "write")} of ${name} by ${how} ${sites.length === 1 ? "is" : "are"} not noticed by cacheops: cached querysets stay as they were.`,
    reason: `cacheops${version === null ? "" : ` ${version}`} removes by pre_save, post_save, post_delete, m2m_changed and bulk_create(); update(), bulk_update() and SQL of ${name} send none of these.`,
    remedy: `Use invalidated_update() for update(), and invalidate_model(${name}) in transaction.on_commit() after the others.`,
    doubt: `a write of columns of ${name} that no cached queryset holds or filters by harms nothing`,
    model: label,
    places: [
      ...sites.slice(0, MOST_PLACES).map((one) => ({ role: "write" as const, span: one.span, label: one.how })),
      ...(spot === null ? [] : [{ ...spot, role: "setting" as const }]),
    ],
    evidence: [{ ...SOURCE_EVIDENCE, note: `writes in the source against what django-cacheops${version === null ? "" : ` ${version}`} hooks into` }],
    fixes: [],
  };
}
