import type { Setting } from "../model/index.ts";

/** Bytes and milliseconds of the units that `pg_settings` has. */
const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1024,
  "8kB": 8192,
  MB: 1024 ** 2,
  "16MB": 16 * 1024 ** 2,
  GB: 1024 ** 3,
  us: 0.001,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A setting's value in bytes or milliseconds, or as it stands where it has no unit; null when it is not a number. */
export function settingNumber(setting: Setting | undefined): number | null {
  if (setting === undefined || setting.value.trim() === "") return null;
  const number = Number(setting.value);
  if (Number.isNaN(number)) return null;
  // -1 means "off" or "use another setting", whatever the unit.
  return number < 0 ? number : number * (UNITS[setting.unit ?? ""] ?? 1);
}
