/** Names of tables, as Django makes them up. */
import { createHash } from "node:crypto";
import type { Draft } from "./model-drafts.ts";

/** PostgreSQL's longest identifier in bytes. */
const LONGEST = 63;
/** Digits of the hash that Django ends a shortened name with. */
const DIGITS = 4;

export function tableName({ app, name, options }: Pick<Draft, "app" | "name" | "options">): string {
  const said = options.constant("db_table");
  return typeof said === "string" && said !== "" ? said.replaceAll('"', "") : truncatedName(`${app}_${name.toLowerCase()}`);
}

/** `truncate_name` of Django's backends. */
export function truncatedName(name: string): string {
  if (name.length <= LONGEST) return name;
  const digest = createHash("md5").update(name).digest("hex").slice(0, DIGITS);
  return `${name.slice(0, LONGEST - DIGITS)}${digest}`;
}
