import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  applyMutation,
  enclosingBlock,
  enclosingClassLine,
  gradeRelation,
  isAtLeast,
  isImplicit,
  isSelected,
  matchFix,
  matchMutation,
  matchNegative,
  matchOpen,
  matchUnmutated,
} from "./match.mjs";

const place = (role, file, line, endLine) => ({ role, file, line, endLine });
const finding = (relation, ...places) => ({
  id: "x",
  rule: "n-plus-one",
  chapter: "2.4",
  relation,
  places,
});

describe("gradeRelation", () => {
  it.each([
    ["user", "user", "strict"],
    ["user", "user__profile", "strict"],
    ["user__profile", "user", "strict"],
    ["user", "username", undefined],
    ["owner__user", "user", "lenient"],
    ["owner__user", "project__user", "lenient"],
    ["site,vrf,vlan", "vrf", "strict"],
    ["site,tenant__group", "group", "lenient"],
    ["authors/curators/testers", "curators", "strict"],
    ["-", "anything", "strict"],
    ["-", undefined, "strict"],
    ["user", undefined, undefined],
  ])("%s against %s is %s", (path, relation, grade) => {
    expect(gradeRelation(path, relation)).toBe(grade);
  });
});

describe("isAtLeast", () => {
  it.each([
    ["certain", "likely", true],
    ["likely", "likely", true],
    ["possible", "likely", false],
    ["unheard-of", "possible", false],
  ])("%s reaches %s: %s", (confidence, floor, expected) => {
    expect(isAtLeast(confidence, floor)).toBe(expected);
  });
});

describe("isSelected", () => {
  const shown = { id: "N7", rule: "n-plus-one", chapter: "2.4" };
  it.each([
    [["n-plus-one"], true],
    [["2.4"], true],
    [["2"], true],
    [["2.40", "query-in-loop"], false],
    [["N7"], true],
  ])("%j: %s", (selection, expected) => {
    expect(isSelected(shown, selection)).toBe(expected);
  });
});

describe("matchFix", () => {
  const row = {
    queryset_file: "views.py",
    queryset_line: 100,
    access_file: "list.html",
    access_line: 20,
    path: "user",
    relation: "fk",
  };

  it("accepts any place near the access", () => {
    expect(matchFix(row, finding("user", place("loop", "list.html", 15)))).toMatchObject({
      grade: "strict",
    });
    expect(matchFix(row, finding("user", place("loop", "list.html", 14)))).toBeUndefined();
  });

  it("accepts only a queryset place near the queryset", () => {
    expect(matchFix(row, finding("user", place("queryset", "views.py", 105)))).toMatchObject({
      queryset: true,
    });
    expect(matchFix(row, finding("user", place("call", "views.py", 100)))).toBeUndefined();
  });

  it("sees a queryset of several lines that reaches the row's line", () => {
    expect(matchFix(row, finding("user", place("queryset", "views.py", 90, 97)))).toMatchObject({
      queryset: true,
    });
  });

  it("looks below the class line of an implicit queryset", () => {
    const below = finding("user", place("queryset", "views.py", 140));
    expect(matchFix(row, below)).toBeUndefined();
    expect(matchFix(row, below, { implicit: true })).toMatchObject({ grade: "strict" });
    expect(matchFix(row, finding("user", place("queryset", "views.py", 141)), { implicit: true })).toBeUndefined();
  });

  it("tells whether both ends are named", () => {
    const both = finding("user", place("queryset", "views.py", 100), place("access", "list.html", 20));
    expect(matchFix(row, both)).toEqual({ grade: "strict", access: true, queryset: true });
  });

  it("does not mix files or relations", () => {
    expect(matchFix(row, finding("user", place("access", "views.py", 20)))).toBeUndefined();
    expect(matchFix(row, finding("site", place("access", "list.html", 20)))).toBeUndefined();
  });

  it("takes a relation that is told from further up where both ends are named", () => {
    const ends = [place("loop", "views.py", 101), place("access", "list.html", 20)];
    expect(matchFix(row, finding("members__user", ...ends))).toMatchObject({ grade: "strict" });
    expect(matchFix(row, finding("members__user", ends[1]))).toMatchObject({ grade: "lenient" });
  });

  it.each(["query", "count", "exists", "prefetch_bypass", "deferred_field"])("takes any relation at the access of a %s", (relation) => {
    const query = { ...row, relation };
    expect(matchFix(query, finding(undefined, place("access", "list.html", 21)))).toMatchObject({
      grade: "strict",
    });
    expect(matchFix(query, finding("site", place("queryset", "views.py", 100)))).toBeUndefined();
  });
});

describe("matchMutation", () => {
  const row = {
    file: "api.py",
    start_line: 50,
    end_line: 58,
    access_file: "row.html",
    access_line: 9,
    path: "owner",
  };

  it.each([
    ["access within 4", place("access", "row.html", 13), true],
    ["access beyond 4", place("access", "row.html", 14), false],
    ["the mutated call", place("call", "api.py", 45), true],
    ["the end of the mutated call", place("queryset", "api.py", 63), true],
    ["far from the mutated call", place("queryset", "api.py", 64), false],
    ["the class line of an implicit queryset", place("queryset", "api.py", 10), true],
    ["another role on the class line", place("call", "api.py", 10), false],
  ])("%s", (_, at, expected) => {
    expect(matchMutation(row, finding("owner", at), { classLine: 10 }) !== undefined).toBe(expected);
  });

  it("wants the mutated path", () => {
    expect(matchMutation(row, finding("tags", place("access", "row.html", 9)))).toBeUndefined();
  });
});

describe("matchUnmutated", () => {
  const row = { file: "api.py", start_line: 50, path: "owner", access_file: "row.html", access_line: 9 };

  it.each([
    ["owner", true],
    ["owner__city", false],
    ["ownership", false],
  ])("%s says that the path is not loaded: %s", (relation, expected) => {
    const found = matchUnmutated(row, finding(relation, place("access", "row.html", 9)), {});
    expect(found !== undefined).toBe(expected);
  });
});

describe("matchUnmutated where a queryset is named", () => {
  const row = { file: "api.py", start_line: 50, path: "owner", access_file: "row.html", access_line: 9 };

  it.each([
    ["api.py", 42, true],
    ["api.py", 70, false],
    ["other.py", 50, false],
  ])("%s:%i in the block of the mutated call: %s", (file, line, expected) => {
    const found = matchUnmutated(row, finding("owner", place("queryset", file, line), place("access", "row.html", 9)), { block: { from: 40, to: 60 } });
    expect(found !== undefined).toBe(expected);
  });
});

describe("enclosingBlock", () => {
  const source = "import a\n\n@b\nclass C:\n    x = (\n        1\n    )\n\ndef d():\n    pass\n";
  it.each([
    [6, { from: 4, to: 8 }],
    [10, { from: 9, to: 11 }],
  ])("line %i", (line, expected) => {
    expect(enclosingBlock(source, line)).toEqual(expected);
  });
});

describe("matchNegative of a loop in Python", () => {
  it.each([
    [10, true],
    [40, false],
  ])("a finding about the loop on line %i: %s", (line, expected) => {
    const row = { file: "a.py", line: 10, site: "py_loop" };
    expect(matchNegative(row, finding("user", place("loop", "a.py", line), place("access", "a.py", 11)))).toBe(expected);
  });
});

describe("matchNegative", () => {
  it.each([
    ["loop", 12, true],
    ["queryset", 8, true],
    ["access", 13, false],
    ["call", 10, false],
  ])("%s on line %i: %s", (role, line, expected) => {
    expect(matchNegative({ file: "a.py", line: 10 }, finding("user", place(role, "a.py", line)))).toBe(expected);
  });
});

describe("matchNegative of a queryset that covers the read", () => {
  const row = { file: "a.html", line: 10, note: "covered by select_related('user') at b.py:40 (inverse of M1)" };
  it.each([
    ["b.py", 41, true],
    ["b.py", 90, false],
    ["c.py", 40, false],
  ])("a finding about the rows of %s:%i: %s", (file, line, expected) => {
    const places = [place("queryset", file, line), place("access", "a.html", 10)];
    expect(matchNegative(row, finding("user", ...places))).toBe(expected);
  });
});

describe("matchOpen", () => {
  const row = { file: "a.py", line: 10, access_path: "doc.tags.filter(...) line 26", note: "" };

  it("looks at the row's line and at those its text names", () => {
    expect(matchOpen(row, finding("tags", place("access", "a.py", 30)))).toMatchObject({
      grade: "strict",
    });
    expect(matchOpen(row, finding("tags", place("access", "a.py", 18)))).toBeUndefined();
  });

  it("is lenient about a relation the row does not name", () => {
    expect(matchOpen(row, finding("owner", place("access", "a.py", 10)))).toMatchObject({
      grade: "lenient",
    });
  });
});

describe("the lines of a class", () => {
  const source = "import x\n\nclass A(B):\n    def f(self):\n        return x\n\nclass C:\n    model = A\n\ny = 1\n";

  it.each([
    [5, 3],
    [8, 7],
    [10, undefined],
    [3, undefined],
  ])("line %i is in the class of line %s", (line, expected) => {
    expect(enclosingClassLine(source, line)).toBe(expected);
  });

  it("knows a class line from a queryset line", () => {
    expect(isImplicit("class A(ListView):")).toBe(true);
    expect(isImplicit("@admin.register(A)")).toBe(true);
    expect(isImplicit("    classes = A.objects.all()")).toBe(false);
    expect(isImplicit(undefined)).toBe(false);
  });
});

describe("applyMutation", () => {
  const original = Buffer.from("# é\nqs.select_related('a', 'b')\n");
  const span = [original.indexOf("select"), original.length - 1];
  const row = {
    id: "M1",
    file: "a.py",
    byte_start: span[0],
    byte_end: span[1],
    span_sha1: createHash("sha1")
      .update(original.subarray(...span))
      .digest("hex"),
    edits: [
      [span[0], span[0] + 14, "all"],
      [original.indexOf("'a'"), original.length - 2, ""],
    ],
  };

  it("replaces byte spans, last first", () => {
    expect(applyMutation(row, original).toString()).toBe("# é\nqs.all()\n");
  });

  it("refuses another file", () => {
    expect(() => applyMutation(row, Buffer.from("something else entirely, long enough to hold it"))).toThrow("a.py");
  });
});
