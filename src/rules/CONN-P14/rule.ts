import { found, poolerRule } from "../connections/pooler.ts";

export const rule = poolerRule({ id: "CONN-P14", summary: "A database of PgBouncer names several hosts, which is no failover" }, (view) => {
  const several = view.databases.filter(({ host }) => host?.includes(",") === true);
  return found(
    `${view.databases.length} databases of ${view.name}`,
    several.map(({ name, host, spot }) => ({
      key: [view.name, name],
      claim: `\`${name}\` names the hosts ${host ?? ""}: PgBouncer takes them in turn and skips none that is down.`,
      reason:
        "While one of them is away, a part of the new connections fails for as long as `server_login_retry` lasts; a primary and a standby in one list answer writes with errors.",
      remedy: "Name one host that always leads to the right server: a DNS name of the cluster manager, or HAProxy with a check of the role.",
      doubt: "a list of equal replicas for reads, all of which are up, is what it is made for",
      places: spot === null ? view.spots("server_round_robin") : [spot],
      evidence: [view.evidence({ hosts: (host ?? "").split(",").length })],
      fixes: [],
    })),
  );
});
