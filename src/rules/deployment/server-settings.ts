/** What a server's own settings, and those of its roles and databases, add to what the project's files say. */
import type { Database } from "../../model/index.ts";
import type { DatabaseSettings } from "../../model/deployment.ts";

export interface ServerTimeout {
  readonly ms: number;
  /** `role shop`, `database shop`, `the server`. */
  readonly by: string;
}

const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** `5s`, `5000`, `1 min` in milliseconds; null for what is no duration. */
export function milliseconds(text: string): number | null {
  const [, number, unit = "ms"] = /^\s*(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?\s*$/.exec(text) ?? [];
  return number === undefined ? null : Number(number) * (UNITS[unit] ?? 1);
}

/** `5 s`, `500 ms`, `10 min`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${ms} ms`;
  return ms < 600_000 || ms % 60_000 !== 0 ? `${Number((ms / 1000).toPrecision(3))} s` : `${ms / 60_000} min`;
}

/** Null where nothing on the server sets it, for the role that connects as far as that is known. */
export function serverTimeout(database: Database, name: string, { user }: Pick<DatabaseSettings, "user">): ServerTimeout | null {
  const known = user === null || user.dependsOn !== undefined || user.value === "" ? null : user.value;
  const own = (database.server.overrides ?? []).filter(
    (one) =>
      one.name === name &&
      (one.database === null || one.database === database.catalog.database.name) &&
      (one.role === null || known === null || one.role === known),
  );
  for (const { value, role, database: of } of own.toSorted((a, b) => Number(b.role !== null) - Number(a.role !== null))) {
    const ms = milliseconds(value);
    if (ms !== null && ms > 0) return { ms, by: role === null ? `database ${of ?? "defaults"}` : `role ${role}` };
  }
  const setting = database.server.settings.find((one) => one.name === name);
  const ms = database.settingNumber(name);
  // The look at the server has timeouts of its own.
  return setting === undefined || ms === null || ms <= 0 || setting.source === "client" ? null : { ms, by: "the server" };
}
