import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryChange } from "../../tests/support/arbitrary-change.ts";
import { applyEdits, applyEditsToBytes, overlaps } from "./apply.ts";

const edit = (start: number, end: number, expected: string, text: string) => ({
  file: "a.py",
  start,
  end,
  expected,
  text,
});

test("counts UTF-8 bytes", () => {
  expect(applyEdits("é.all()", [edit(3, 6, "all", "none")])).toEqual({ ok: true, text: "é.none()" });
});

test("gives what cutting and joining by hand gives, in any order of the edits, each once", () => {
  fc.assert(
    fc.property(arbitraryChange(), fc.infiniteStream(fc.nat()), ({ before, after, edits }, order) => {
      const shuffled = [...edits, ...edits].toSorted(() => (order.next().value % 2) - 0.5);
      expect(applyEdits(before, shuffled)).toEqual({ ok: true, text: after });
    }),
  );
});

test("no edits change nothing, not even bytes that are not UTF-8", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(applyEditsToBytes(bytes, [])).toEqual({ ok: true, text: Buffer.from(bytes) });
    }),
  );
});

describe("refuses", () => {
  test("text that is not as expected", () => {
    expect(applyEdits("a.all()", [edit(2, 5, "any", "x")])).toMatchObject({
      ok: false,
      problem: { kind: "changed-since" },
    });
  });
  test("an offset in the middle of a character", () => {
    expect(applyEdits("é", [edit(1, 2, "é", "x")])).toMatchObject({ ok: false, problem: { kind: "changed-since" } });
  });
  test("an offset past the end", () => {
    expect(applyEdits("a", [edit(0, 2, "a", "x")])).toMatchObject({ ok: false, problem: { kind: "out-of-range" } });
  });
  test.each([
    ["a shared byte", edit(0, 2, "ab", "x"), edit(1, 3, "bc", "y")],
    ["an insertion inside", edit(0, 3, "abc", "x"), edit(1, 1, "", "y")],
    ["two insertions at one point", edit(1, 1, "", "x"), edit(1, 1, "", "y")],
  ])("overlap: %s", (_, a, b) => {
    expect(applyEdits("abc", [a, b])).toMatchObject({ ok: false, problem: { kind: "overlap" } });
    expect(overlaps(a, b)).toBe(true);
    expect(overlaps(b, a)).toBe(true);
  });
});

test("allows neighbours", () => {
  expect(applyEdits("abc", [edit(1, 2, "b", "B"), edit(1, 1, "", "+"), edit(0, 1, "a", "A")])).toEqual({
    ok: true,
    text: "A+Bc",
  });
});

test("keeps CRLF, a byte order mark and a missing last newline", () => {
  expect(applyEdits("\uFEFFa\r\nb", [edit(3, 4, "a", "x\ny")])).toEqual({ ok: true, text: "\uFEFFx\r\ny\r\nb" });
});
