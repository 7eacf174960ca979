import { expect, test } from "vitest";
import { trigramPages, trigramsOf } from "./trigram-size.ts";

test("cuts words as pg_trgm does", () => {
  expect([...trigramsOf("Ab, ab c")].toSorted()).toEqual(["  a", "  c", " ab", " c ", "ab "]);
  expect(trigramsOf("-- !").size).toBe(0);
});

test("texts of few words make few keys with long lists, texts of many make many with short ones", () => {
  const few = Array.from({ length: 100 }, (_, index) => ({ text: ["good", "bad", "nice"][index % 3] ?? "", share: 0.01 }));
  const many = Array.from({ length: 100 }, (_, index) => ({ text: (index * 7919 + 104_729).toString(36), share: 0.01 }));
  // Twelve keys; each row has four or five of them, at a byte or little more each.
  expect(trigramPages(few, 200_000, 4000)).toBeGreaterThan((200_000 * 4) / 8192);
  expect(trigramPages(few, 200_000, 4000)).toBeLessThan((200_000 * 8) / 8192);
  expect(trigramPages(many, 200_000, 4000)).toBeGreaterThan(trigramPages(few, 200_000, 4000));
  expect(trigramPages([], 200_000, 4000)).toBe(0);
});
