import type { DatabaseDraft } from "../../model/index.ts";
import { isPgbouncerKey, pgbouncerKeySince } from "../../deployment/pgbouncer-keys.ts";
import { nothing, poolerRule, type PoolerView } from "../connections/pooler.ts";

/** From PgBouncer's NEWS.md: the version that mends it, and whom it concerns. */
const HOLES: readonly { readonly before: number; readonly name: string; readonly harm: string; readonly concerns: (view: PoolerView) => boolean }[] = [
  {
    before: 12_401,
    name: "CVE-2025-2291",
    harm: "passwords whose VALID UNTIL has passed still let users in by `auth_query`",
    concerns: (view) => hasValue(view, "auth_user"),
  },
  {
    before: 12_501,
    name: "CVE-2025-12819",
    harm: "whoever connects can run SQL during authentication",
    concerns: (view) => hasValue(view, "auth_user") && /search_path/.test(view.value("track_extra_parameters") ?? ""),
  },
  {
    before: 12_502,
    name: "CVE-2026-6664",
    harm: "a malformed packet of anyone who reaches the port ends the process",
    concerns: (view) => /scram|hba|md5/.test(view.value("auth_type") ?? ""),
  },
];

const hasValue = (view: PoolerView, key: string): boolean => (view.value(key) ?? "") !== "";

export const rule = poolerRule(
  { id: "CONN-P13", summary: "PgBouncer's version has known holes, or does not know keys of its own file" },
  (view, { deployment }) => {
    const { version, versionText } = view;
    if (version === null || versionText === null) return nothing("", [{ object: "", why: "needs the version that runs: luthier snapshot --pgbouncer URL" }]);
    const holes = HOLES.filter(({ before, concerns }) => version < before && concerns(view));
    const strange = deployment.poolers.flatMap(({ values, file }) =>
      [...values].filter(([key]) => !isPgbouncerKey(key, version) && pgbouncerKeySince(key) !== null).map(([key, { spot }]) => ({ key, spot, file })),
    );
    const [hole] = holes;
    const drafts: DatabaseDraft[] = [];
    if (hole !== undefined) {
      drafts.push({
        key: [view.name, "holes"],
        claim: `PgBouncer ${versionText} is older than the corrections of ${holes.map(({ name }) => name).join(", ")}.`,
        reason: `${hole.name}: ${hole.harm}.`,
        remedy: "Update it to 1.25.2 or later, or see in the distribution's list of changes that it has brought the correction to this version.",
        doubt: "a distribution may have mended it without a new number",
        places: view.spots("auth_type"),
        evidence: [view.evidence({ version })],
        fixes: [],
      });
    }
    for (const { key, spot, file } of strange) {
      drafts.push({
        key: [view.name, file, key],
        severity: "error",
        claim: `${file} sets \`${key}\`, which came with ${pgbouncerKeySince(key) ?? "?"}; PgBouncer ${versionText} runs.`,
        reason: "A key that a version does not know keeps it from starting: `unknown parameter`, and then `cannot load config file`.",
        remedy: "Take the key out, or update PgBouncer first.",
        doubt: "the file can be meant for another pooler than the one that was looked at",
        places: spot === null ? view.spots(key) : [spot],
        evidence: [view.evidence({ version })],
        fixes: [],
      });
    }
    return { drafts, unjudged: [], examined: `version ${versionText}` };
  },
);
