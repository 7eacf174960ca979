import { flows, found, nothing, poolerRule } from "../connections/pooler.ts";
import { formatPercent } from "../../model/numbers.ts";

/** Statements prepared anew on a server connection, for each that is run: this project's notes (CONN-P08). */
const SHARE = 0.05;
const LEAST = 1000;
/** The first version that counts both. */
const WITH_COUNTS = 12_400;

export const rule = poolerRule(
  { id: "CONN-P08", summary: "PgBouncer keeps too few prepared statements and prepares the same ones again", severity: "info" },
  (view, { thresholds }) => {
    const most = Number(view.value("max_prepared_statements") ?? 0);
    if (view.version !== null && view.version < WITH_COUNTS) return nothing("");
    const flow = flows(view);
    if ("why" in flow) return nothing("", [{ object: "", why: flow.why }]);
    const thrashing = flow.stats.filter(
      ({ binds, serverParses }) => binds !== null && serverParses !== null && binds >= LEAST && serverParses / binds > (thresholds["CONN-P08"] ?? SHARE),
    );
    return found(
      `${flow.stats.reduce((sum, { binds }) => sum + (binds ?? 0), 0)} runs of prepared statements`,
      most === 0
        ? []
        : thrashing.map(({ database, binds, serverParses }) => ({
            key: [view.name, database],
            claim: `${formatPercent((serverParses ?? 0) / Math.max(1, binds ?? 1))} of the runs of prepared statements of \`${database}\` had to be prepared on the server first.`,
            reason: `Each connection keeps ${most} of them (\`max_prepared_statements\`); a statement that was pushed out is parsed and planned again.`,
            remedy: "Raise `max_prepared_statements`: to the number of different statements that pg_stat_statements shows, if memory allows.",
            doubt: "after a deployment or a RECONNECT all are prepared anew once",
            places: view.spots("max_prepared_statements"),
            evidence: [view.evidence({ binds: binds ?? 0, parses: serverParses ?? 0, most })],
            fixes: [],
          })),
    );
  },
);
