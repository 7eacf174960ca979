import { quoteQualified } from "../../postgres/quote.ts";
import type { Probe } from "./probe.ts";
import { flag, number, text, type Row } from "./row-values.ts";

/** Of sequences in one statement: each is a relation that it opens. */
const AT_ONCE = 200;

/**
 * Adds last values. They are selected from the sequences like from tables, since `pg_sequence_last_value`, and with it the view
 * `pg_sequences`, locks each of them as `nextval` does.
 */
export async function readSequenceValues(probe: Probe, sequences: readonly Row[], isReplica: boolean): Promise<Row[]> {
  // What is not written to the log has no value on a replica.
  const readable = sequences.filter((one) => flag(one, "readable") && !(isReplica && text(one, "persistence") !== "p"));
  const values = new Map<number, string>();
  for (let start = 0; start < readable.length; start += AT_ONCE) {
    const chunk = readable.slice(start, start + AT_ONCE).filter((one) => !probe.locked().includes(number(one, "oid")));
    if (chunk.length === 0) continue;
    const sql = chunk
      .map(
        (one) =>
          `SELECT ${number(one, "oid")}::int8 AS oid, CASE WHEN is_called THEN last_value END::text AS value FROM ${quoteQualified({ schema: text(one, "schema"), name: text(one, "name") })}`,
      )
      .join("\nUNION ALL\n");
    const rows = await probe.rows<{ oid: number; value: string | null }>("sequences", sql, [], { cost: "no key's exhaustion is judged" });
    for (const { oid, value } of rows) if (value !== null) values.set(oid, value);
  }
  return sequences.map((one) => ({ ...one, last_value: values.get(number(one, "oid")) ?? null }));
}
