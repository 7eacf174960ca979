import { expect, test } from "vitest";
import type { Finding } from "../model/finding.ts";
import { waitRank } from "./who-waits.ts";

test.each([
  ["shop/views.py", 0],
  ["shop/api/serializers.py", 0],
  ["shop/administration.py", 0],
  ["shop/tasks.py", 1],
  ["shop/tasks/mail.py", 1],
  ["shop/admin.py", 2],
  ["shop/admin/orders.py", 2],
  ["shop/management/commands/send.py", 3],
  ["shop/admin/management/commands/send.py", 3],
])("%s", (file, rank) => {
  const places = [{ role: "queryset", file, line: 3, column: 1, endLine: 3, endColumn: 9 }];
  expect(waitRank({ places, chapter: "2.4" } as unknown as Finding)).toBe(rank);
});
