import { flowEvidence, flowOf, judged, liveRule, round3, settingSpot, unknown } from "../connections/live.ts";

/** New sessions a second: this project's notes (CONN-D11). */
const LEAST_PER_SECOND = 5;

export const rule = liveRule(
  { id: "CONN-D11", summary: "Several times a second a session is opened that has to prove its password and exchange keys" },
  (database, { thresholds }) => {
    const flow = flowOf(database);
    if ("why" in flow) return unknown(flow.why);
    const sessions = flow.counters.sessions ?? 0;
    const rate = sessions / flow.seconds;
    const examined = `${sessions} sessions, ${flow.said}`;
    if (rate <= (thresholds["CONN-D11"] ?? LEAST_PER_SECOND)) return judged([], examined);
    const seen = database.server.sessions ?? [];
    const encrypted = seen.filter(({ tls }) => tls === true).reduce((sum, one) => sum + one.count, 0);
    const byScram = database.setting("password_encryption") === "scram-sha-256";
    if (encrypted === 0 && !byScram) return judged([], examined);
    const parts = [...(encrypted > 0 ? ["a TLS handshake"] : []), ...(byScram ? ["4,096 rounds of SCRAM on either side"] : [])];
    return judged(
      [
        {
          key: ["handshakes"],
          claim: `${round3(rate)} new sessions a second, each with ${parts.join(" and ")} before its first statement.`,
          reason: "That is several milliseconds of both machines' processors a session, and the server's new process on top.",
          remedy: "Keep connections (`CONN_MAX_AGE`, Django's pool), or let PgBouncer on the application's own host keep them.",
          doubt: "how many of the sessions come from where no password is asked (a local socket) is not known",
          places: [settingSpot("password_encryption", database.setting("password_encryption") ?? "")],
          evidence: [flowEvidence(database, flow, { sessions, seconds: Math.round(flow.seconds), encrypted })],
          fixes: [],
        },
      ],
      examined,
    );
  },
);
