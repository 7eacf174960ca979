import { budgetOf } from "../connections/budget.ts";
import { found, nothing, poolerRule } from "../connections/pooler.ts";
import { formatPercent } from "../../model/numbers.ts";

/** Clients that a rolling update and a few shells add: this project's notes (CONN-P07). */
const MARGIN = 1.2;
const WARNING_SHARE = 0.8;

export const rule = poolerRule(
  { id: "CONN-P07", chapter: "4.2", summary: "PgBouncer takes fewer clients than the services can open" },
  (view, { deployment }) => {
    const most = Number(view.value("max_client_conn") ?? 0);
    const seen = Math.max(
      0,
      ...[view.looks?.first, view.looks?.later].flatMap((look) =>
        look === null || look === undefined ? [] : [look.pools.reduce((sum, one) => sum + one.clientsActive + one.clientsWaiting, 0)],
      ),
    );
    const budget = budgetOf(deployment);
    const examined = `${budget.total} connections of ${budget.rows.length} services, ${seen} clients seen`;
    const isDefault = view.isSet("max_client_conn") ? "" : ", its default,";
    if (seen / most > WARNING_SHARE) {
      return found(examined, [draft(`${seen} of the ${most} clients that ${view.name} takes are there: ${formatPercent(seen / most)}.`, { seen, most })]);
    }
    if (budget.total > 0) {
      const need = Math.ceil(budget.total * MARGIN);
      return need <= most
        ? nothing(examined)
        : found(examined, [
            draft(`The services can open ${budget.total} connections; \`max_client_conn\`${isDefault} lets ${most} clients in.`, { need: budget.total, most }),
          ]);
    }
    return seen > 0
      ? nothing(examined)
      : nothing(examined, [
          {
            object: "",
            why: "needs the processes of the services (a Procfile, compose or gunicorn file), or clients at the console (luthier snapshot --pgbouncer URL)",
          },
        ]);

    function draft(claim: string, figures: Readonly<Record<string, number>>) {
      return {
        key: [view.name],
        claim,
        reason: "The next one is refused with `no more connections allowed (max_client_conn)`, although a waiting client costs the pooler 2 kB.",
        remedy: `Set \`max_client_conn\` to at least ${Math.ceil((figures["need"] ?? figures["seen"] ?? 0) * MARGIN)}, and the limit of open files (LimitNOFILE) to that and the size of all pools together.`,
        doubt: "how many hosts there are, the files say only in part",
        places: view.spots("max_client_conn"),
        evidence: [view.evidence(figures)],
        fixes: [],
      };
    }
  },
);
