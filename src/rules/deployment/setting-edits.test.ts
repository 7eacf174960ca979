import { expect, test } from "vitest";
import { siblingKey } from "./setting-edits.ts";

const SETTINGS = `DATABASES = {
    "default": {
        "CONN_MAX_AGE": 600,  # as long as the balancer keeps them
        "NAME": "shop",
    }
}
`;

function edited(key: string): string {
  const start = SETTINGS.indexOf(key);
  const span = { file: "settings.py", start, end: SETTINGS.indexOf(",", start) };
  const edit = siblingKey({ text: () => SETTINGS } as unknown as Parameters<typeof siblingKey>[0], { value: 0, spot: { role: "setting", span } }, "X", "True");
  return edit === null ? "" : SETTINGS.slice(0, edit.span.start) + edit.text + SETTINGS.slice(edit.span.end);
}

test("a new key stands beside the written one, whose comment stays with it", () => {
  expect(edited('"NAME"')).toContain('"NAME": "shop",\n        "X": True,\n');
  expect(edited('"CONN_MAX_AGE"')).toContain('"X": True,\n        "CONN_MAX_AGE": 600,  # as long as');
});

test.each([
  ["dj_database_url.config(conn_max_age=600)", "600", "CONN_HEALTH_CHECKS", "dj_database_url.config(conn_max_age=600, conn_health_checks=True)"],
  // No call that reads a URL takes options, and not all take what dj-database-url does.
  ["dj_database_url.config(conn_max_age=600)", "600", "OPTIONS", ""],
  ['env.db_url("DATABASE_URL", engine="x")', '"x"', "CONN_HEALTH_CHECKS", ""],
  ["dict(NAME='shop')", "'shop'", "OPTIONS", "dict(NAME='shop', OPTIONS=True)"],
])("%s beside %s: %s", (text, beside, name, expected) => {
  const start = text.indexOf(beside);
  const span = { file: "settings.py", start, end: start + beside.length };
  const edit = siblingKey({ text: () => text } as unknown as Parameters<typeof siblingKey>[0], { value: 0, spot: { role: "setting", span } }, name, "True");
  expect(edit === null ? "" : text.slice(0, edit.span.start) + edit.text + text.slice(edit.span.end)).toBe(expected);
});
