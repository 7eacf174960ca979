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
