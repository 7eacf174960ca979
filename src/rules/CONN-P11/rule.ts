import { found, nothing, poolerRule } from "../connections/pooler.ts";

export const rule = poolerRule(
  { id: "CONN-P11", summary: "PgBouncer resets the session after each transaction to hide that code keeps state in it", severity: "info" },
  (view) => {
    const isShared = view.databases.some(({ mode }) => mode !== "session");
    if (!isShared || view.value("server_reset_query_always") !== "1") return nothing("server_reset_query_always");
    return found("server_reset_query_always", [
      {
        key: [view.name],
        claim: `${view.name} sends \`${view.value("server_reset_query") ?? "DISCARD ALL"}\` after every transaction.`,
        reason:
          "It costs a round trip each, throws prepared statements away, and only makes visible later what a transaction wrongly left in the session for the next one.",
        remedy: "Turn it off, and look for SET without LOCAL, session advisory locks, LISTEN and temporary tables in the code.",
        doubt: "an application whose code nobody can change may need it",
        places: view.spots("server_reset_query_always"),
        evidence: [view.evidence()],
        fixes: [],
      },
    ]);
  },
);
