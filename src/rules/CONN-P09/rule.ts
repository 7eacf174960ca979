import type { Spot } from "../../model/index.ts";
import { postgresEntries } from "../deployment/entries.ts";
import { found, nothing, poolerRule } from "../connections/pooler.ts";

/** What is dropped without a word although it was meant. `extra_float_digits` is harmless: drivers of Java send it. */
const DROPPED = /^(?:options|statement_timeout|lock_timeout|idle_in_transaction_session_timeout|transaction_timeout|search_path|role)$/;

export const rule = poolerRule(
  { id: "CONN-P09", chapter: "4.3", summary: "PgBouncer drops settings that clients ask for when they connect" },
  (view, { deployment }) => {
    const ignored = (view.value("ignore_startup_parameters") ?? "")
      .split(",")
      .map((one) => one.trim())
      .filter((one) => DROPPED.test(one));
    if (ignored.length === 0) return nothing("ignore_startup_parameters");
    const sent = postgresEntries(deployment).flatMap(({ database, settings }) =>
      [...database.serverSettings].map(([name, { value, spot }]) => ({ name, value, spot, where: `\`${database.alias}\` of ${settings.module}` })),
    );
    const lost = ignored.includes("options") ? sent : [];
    const [first] = lost;
    const spots = lost.flatMap(({ spot }): Spot[] => (spot === null ? [] : [spot]));
    return found("ignore_startup_parameters", [
      {
        key: [view.name, ...ignored],
        severity: first === undefined ? "info" : "error",
        claim:
          first === undefined
            ? `${view.name} drops ${ignored.map((one) => `\`${one}\``).join(", ")} of every client that asks for it, without a word.`
            : `${view.name} drops \`options\`, and with it \`${first.name}=${first.value}\` of ${first.where}.`,
        reason: "The client is let in as if nothing had been asked, and its limits do not hold: a statement that should end after seconds runs for hours.",
        remedy: "Set limits for the role (ALTER ROLE … SET statement_timeout = …), which hold through any pooler, and take the parameter off the list.",
        doubt: first === undefined ? "nothing in the settings that were read sends it" : "the role can have the same limit already",
        places: [...view.spots("ignore_startup_parameters"), ...spots],
        evidence: [view.evidence({ lost: lost.length })],
        fixes: [],
      },
    ]);
  },
);
