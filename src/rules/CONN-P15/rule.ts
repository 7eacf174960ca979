import type { DatabaseDraft } from "../../model/index.ts";
import { found, poolerRule } from "../connections/pooler.ts";

/** Nobody is asked for a password. */
const OPEN: ReadonlySet<string> = new Set(["trust", "any"]);
const LOCAL = /^(?:127\.|localhost$|::1$)/;

export const rule = poolerRule(
  { id: "CONN-P15", summary: "PgBouncer lets clients in without a password, or looks passwords up in a way that others can bend" },
  (view) => {
    const type = view.value("auth_type") ?? "md5";
    const listens = (view.value("listen_addr") ?? "")
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== "");
    const abroad = listens.filter((one) => !LOCAL.test(one));
    const drafts: DatabaseDraft[] = [];
    if ((OPEN.has(type) || type === "plain") && abroad.length > 0) {
      drafts.push({
        key: [view.name, "auth_type"],
        severity: OPEN.has(type) ? "error" : "warning",
        claim: OPEN.has(type)
          ? `${view.name} listens on ${abroad.join(", ")} and lets everyone in (\`auth_type = ${type}\`).`
          : `${view.name} takes passwords in plain text on ${abroad.join(", ")}.`,
        reason: OPEN.has(type)
          ? "Whoever reaches the port is the database's user, with all that this user may."
          : "Whoever can read the network can read them.",
        remedy: "Set `auth_type = scram-sha-256`, with `auth_file` or `auth_query`.",
        doubt: "a network that nobody else is in, a pod's own for one, can be wall enough",
        places: view.spots("auth_type", "listen_addr"),
        evidence: [view.evidence()],
        fixes: [],
      });
    }
    const query = view.value("auth_query") ?? "";
    if (
      view.isSet("auth_query") &&
      /\b(?:from|join)\s+(?!pg_catalog\.)(?:pg_shadow|pg_authid|pg_roles)\b/i.test(query) &&
      (view.value("track_extra_parameters") ?? "").includes("search_path")
    ) {
      drafts.push({
        key: [view.name, "auth_query"],
        claim: "`auth_query` names its tables without a schema, and clients choose their `search_path`.",
        reason: "A client can then bring another table of that name, and with it any password for any user.",
        remedy: "Write `pg_catalog.pg_authid`, and take `search_path` off `track_extra_parameters` where nothing needs it.",
        doubt: "the user of auth_query can have a search_path that is fixed",
        places: view.spots("auth_query"),
        evidence: [view.evidence()],
        fixes: [],
      });
    }
    return found("auth_type, listen_addr, auth_query", drafts);
  },
);
