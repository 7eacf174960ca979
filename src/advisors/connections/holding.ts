/** 4.2: what holds connections, by sessions of the server and by transactions of a recording. */
import type { Advice, AdviceTable, AdvisorInput, Database } from "../../model/index.ts";
import type { Recording } from "../../model/recording.ts";
import { capitalised } from "../../model/capitals.ts";
import { formatCount, formatSpan } from "../../model/numbers.ts";
import { round3, sessionsSeen } from "../../rules/connections/live.ts";
import type { ConnectionFacts } from "./facts.ts";

const MOST_ROWS = 8;

export function adviseHolding(input: AdvisorInput, { usable }: ConnectionFacts): Advice {
  const { database, recording, findings } = input;
  const waiting = findings.filter(({ rule }) => rule === "external-call-in-transaction" || rule === "idle-in-transaction" || rule === "long-transaction");
  const sessions = database === null || (database.server.sessions ?? []).length === 0 ? [] : [sessionTable(database)];
  const held = recording === null || recording.transactions.length === 0 ? [] : [transactionTable(recording)];
  return {
    advisor: "connections",
    section: "4.2",
    claim: claimOf(input, waiting.length, usable?.count ?? null),
    reasons: waiting
      .slice(0, 3)
      .map(
        ({ claim, places: [first] }) =>
          `${claim.replace(/\.$/, "")}${first === undefined || first.object !== undefined ? "" : ` (${first.file}:${first.line})`}.`,
      ),
    tables: [...sessions, ...held],
    plots: [],
    artefacts: [],
    examples: [],
    rung: database === null && recording === null ? "inferred" : "recorded",
    examined: [
      ...(database === null ? [] : [`${sessionsSeen(database) ?? 0} sessions of ${database.server.address}`]),
      ...(recording === null ? [] : [formatCount(recording.transactions.length, "kind of transaction", "kinds of transactions")]),
      `${formatCount(waiting.length, "finding")} of transactions that wait`,
    ].join(", "),
    missing: [
      ...(database === null ? ["who is connected now: luthier snapshot --db URL"] : []),
      ...(recording === null ? ["how long transactions are held: luthier record -- COMMAND"] : []),
    ].join("; "),
    doubt: recording === null ? "" : `times are those of the recording in ${recording.folder}, recorder included`,
  };
}

function claimOf({ database, recording }: AdvisorInput, waiting: number, usable: number | null): string {
  const used = database === null ? null : sessionsSeen(database);
  const idle = (database?.server.sessions ?? []).filter(({ state }) => state === "idle").reduce((sum, { count }) => sum + count, 0);
  const now = used === null ? "" : `${used}${usable === null ? "" : ` of ${usable}`} connections are open now, ${idle} of them idle; `;
  const [longest] = (recording?.transactions ?? []).toSorted((a, b) => b.held.max - a.held.max);
  const most = longest === undefined ? "" : `the longest transaction recorded is ${formatSpan(longest.held.max / 1000)}, of \`${longest.label}\`; `;
  const sum =
    waiting === 0
      ? "no transaction waits for something outside, as far as the source shows"
      : `${formatCount(waiting, "place")} in the source ${waiting === 1 ? "waits" : "wait"} inside a transaction`;
  return capitalised(`${now}${most}${sum}.`);
}

function sessionTable(database: Database): AdviceTable {
  const groups = (database.server.sessions ?? []).toSorted((a, b) => b.count - a.count);
  return {
    title: "Who holds connections now",
    head: ["Application", "Role", "Database", "State", "Sessions"],
    rows: groups
      .slice(0, MOST_ROWS)
      .map(({ application, user, database: name, state, count }) => [
        application === "" ? "no name" : application,
        user ?? "?",
        name ?? "?",
        state ?? "not visible",
        String(count),
      ]),
    numeric: [4],
    source: `pg_stat_activity of ${database.server.address} at ${database.snapshot.takenAt.slice(0, 16).replace("T", " ")}${groups.length > MOST_ROWS ? `; ${groups.length - MOST_ROWS} more groups` : ""}`,
  };
}

function transactionTable({ transactions, folder }: Recording): AdviceTable {
  const longest = transactions.toSorted((a, b) => b.held.sum - a.held.sum);
  const ms = (value: number): string => String(round3(value / 1000));
  return {
    title: "What held transactions longest",
    head: ["Request, task or command", "Transactions", "Held, median ms", "Held, most ms", "Silent, median ms", "Statements"],
    rows: longest
      .slice(0, MOST_ROWS)
      .map((one) => [one.label, String(one.transactions), ms(one.held.median), ms(one.held.max), ms(one.idle.median), String(one.statements.median)]),
    numeric: [1, 2, 3, 4, 5],
    source: `recording ${folder}${longest.length > MOST_ROWS ? `; ${longest.length - MOST_ROWS} more` : ""}`,
  };
}
