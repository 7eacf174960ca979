import { found, nothing, poolerRule } from "../connections/pooler.ts";

/** The first version whose processes can pass a cancelled query on to each other. */
const WITH_PEERS = 11_900;

export const rule = poolerRule(
  { id: "CONN-P12", summary: "Several PgBouncers share a port and do not know each other, so that cancelled queries run on" },
  (view) => {
    if (view.value("so_reuseport") !== "1") return nothing("so_reuseport");
    const isKnown = view.isSet("peer_id") && view.value("peer_id") !== "0";
    if (isKnown) return nothing("so_reuseport, peer_id");
    const isOld = view.version !== null && view.version < WITH_PEERS;
    return found("so_reuseport", [
      {
        key: [view.name],
        claim: `${view.name} shares its port with others (\`so_reuseport\`) and has no \`peer_id\`.`,
        reason:
          "A request to cancel a query is a new connection, which the kernel gives to any of the processes: the others know nothing of the query, and it runs on.",
        remedy: isOld
          ? `\`peer_id\` and \`[peers]\` came with 1.19; this is ${view.versionText}.`
          : "Give each process a `peer_id`, and list all of them under `[peers]`.",
        doubt: "how many processes share the port, one of them does not say",
        places: view.spots("so_reuseport"),
        evidence: [view.evidence()],
        fixes: [],
      },
    ]);
  },
);
