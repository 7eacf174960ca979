/** One connection, for one piece of work at a time; when it broke, the next piece of work gets a new one. */
import { UsageError } from "../../model/usage-error.ts";
import type { Ask, PhantomConnection } from "./connection.ts";
import { messageOf } from "./load-schema.ts";

export interface Session {
  readonly use: <Result>(work: (ask: Ask) => Promise<Result>) => Promise<Result>;
  readonly close: () => Promise<void>;
}

export function openSession(connect: () => Promise<PhantomConnection>, prepare: (connection: PhantomConnection) => Promise<void>): Session {
  let connection: PhantomConnection | null = null;
  let isLost = false;
  let last: Promise<unknown> = Promise.resolve();
  const current = async (): Promise<PhantomConnection> => {
    if (connection !== null && connection.broken() === null && !isLost) return connection;
    const isFirst = connection === null;
    try {
      connection = await patiently(connect);
      isLost = false;
      if (!isFirst) await prepare(connection);
      return connection;
    } catch (cause) {
      throw new UsageError("phantom-gone", `the local server for plans is gone: ${messageOf(cause)}.`, "Begin again.", { cause });
    }
  };
  const use: Session["use"] = (work) => {
    const turn = last.then(async () => {
      const { ask, broken } = await current();
      try {
        return await work(ask);
      } catch (error) {
        // The server's last words come before the end of the connection.
        isLost = broken() !== null || isLastWord(error);
        if (!isLost) throw error;
        throw new UsageError(
          "planner-crash",
          `the local server for plans broke down at this statement: ${broken() ?? messageOf(error)}.`,
          "Leave this statement out; others can be planned.",
          { cause: error },
        );
      }
    });
    last = turn.catch(() => {});
    return turn;
  };
  return { use, close: () => connection?.close() ?? Promise.resolve() };
}

/** Of the class of codes with which a server ends sessions (`57P01` to `57P05`). */
function isLastWord(error: unknown): boolean {
  const isIt = (one: unknown): boolean => typeof one === "object" && one !== null && "code" in one && String(one.code).startsWith("57P");
  return isIt(error) || (error instanceof Error && isIt(error.cause));
}

const ATTEMPTS = 20;
const PAUSE_MS = 100;
/** Nobody listens any more. */
const GONE = ["ECONNREFUSED", "ENOENT"];

/** After a crash the server starts again by itself, which takes it a moment. */
async function patiently(connect: () => Promise<PhantomConnection>, attempt = 1): Promise<PhantomConnection> {
  try {
    return await connect();
  } catch (error) {
    const isGone = typeof error === "object" && error !== null && "code" in error && GONE.includes(String(error.code));
    if (isGone || attempt >= ATTEMPTS) throw error;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    return await patiently(connect, attempt + 1);
  }
}
