/** Text for any terminal of 80 columns and for files: without colours, wrapped. */
import type { Database } from "../model/index.ts";
import { describeShape } from "../sql/describe-shape.ts";
import { displayWidth, wrap } from "./display-width.ts";

const WIDTH = 78;
const ELLIPSIS = "…";

/** Lines of prose, the later ones further in where `hanging` says so. */
export function plainLines(text: string, indent = "", hanging = indent): string[] {
  const [first = "", ...rest] = wrap(text, WIDTH - Math.max(indent.length, hanging.length));
  return [`${indent}${first}`, ...rest.map((line) => `${hanging}${line}`)];
}

/** To be run as it is: a name with a space in it is not broken. */
export function sqlLines(sql: string, indent: string): string[] {
  const quoted = sql.match(/"(?:[^"]|"")*"|'(?:[^']|'')*'/g) ?? [];
  const isBreakable = !quoted.some((one) => /\s/.test(one)) && sql.split(" ").every((word) => displayWidth(word) <= WIDTH - indent.length - 2);
  return isBreakable ? plainLines(sql, indent, `${indent}  `) : [`${indent}${sql}`];
}

/** What a statement asks, in one line. */
export function statementLine(id: string, { statements }: Database["workload"], indent: string): string {
  const statement = statements.find((one) => one.id === id);
  const text = (statement?.shape == null ? (statement?.sql ?? id) : describeShape(statement.shape)).replaceAll(/\s+/g, " ");
  const room = WIDTH - indent.length;
  return `${indent}${text.length > room ? `${text.slice(0, room - 1)}${ELLIPSIS}` : text}`;
}
