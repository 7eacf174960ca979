import { describe, expect, test } from "vitest";
import type { Expr, Module, Stmt } from "../model/index.ts";
import { codecVersion, decodeModule, encodeModule } from "./codec.ts";

const at = { start: 3, end: 9 } as const;
const name = (text: string): Expr => ({ kind: "name", ...at, name: text });

function moduleOf(body: readonly Stmt[], more: Partial<Module> = {}): Module {
  return {
    file: "a.py",
    language: "python",
    body,
    comments: [],
    errors: [],
    loads: [],
    lineStarts: [0],
    ...more,
  };
}

function roundTrip(module: Module): Module {
  return decodeModule(encodeModule(module));
}

const call: Stmt = {
  kind: "function",
  ...at,
  name: "f",
  params: [{ name: "a", form: "args", default: null, annotation: name("b") }],
  decorators: [],
  returns: null,
  isAsync: false,
  isGenerator: true,
  headEnd: 7,
  body: [{ kind: "return", start: 5, end: 6, value: null }],
};

describe("codec", () => {
  test.each<[string, Partial<Module>]>([
    ["nothing", {}],
    ["what templates have", { language: "django", loads: ["i18n", "static"] }],
    [
      "comments, errors and lines",
      {
        comments: [{ start: 4, end: 20, text: "# luthier: ignore" }],
        errors: [{ start: 70_000, message: "syntax error" }],
        lineStarts: [0, 5, 5000, 2_000_000],
      },
    ],
  ])("keeps %s", (_, more) => {
    const module = moduleOf([], more);
    expect(roundTrip(module)).toEqual(module);
  });

  test.each([0, 1, 2 ** 30, 2 ** 53, 1.5, 1e300, Infinity, -1, -0])("keeps the number %s", (value) => {
    const module = moduleOf([{ kind: "return", ...at, value: { kind: "num", ...at, value } }]);
    expect(roundTrip(module)).toEqual(module);
  });

  test.each(["", "é", "漢字 😀", "\uD800 alone", "\0", "x".repeat(100_000)])("keeps the text %#", (value) => {
    const module = moduleOf([{ kind: "return", ...at, value: { kind: "str", ...at, value } }]);
    expect(roundTrip(module)).toEqual(module);
  });

  test("keeps the statements of templates", () => {
    const body: readonly Stmt[] = [
      {
        kind: "output",
        ...at,
        value: { kind: "lookup", ...at, object: name("a"), name: "b", nameStart: 5, calls: true },
      },
      {
        kind: "include",
        ...at,
        template: name("a"),
        keywords: [{ name: "x", value: name("y") }],
        isolated: true,
      },
      {
        kind: "block",
        ...at,
        name: "content",
        body: [{ kind: "extends", ...at, template: name("a") }],
      },
      { kind: "tag", ...at, name: "url", args: [name("a")], keywords: [], target: null, body: [] },
      {
        kind: "template-import",
        ...at,
        template: name("a"),
        alias: "m",
        names: [],
        withContext: false,
      },
      {
        kind: "expr",
        ...at,
        value: {
          kind: "pipe",
          ...at,
          name: "f",
          value: name("a"),
          args: [],
          keywords: [],
          isTest: true,
        },
      },
    ];
    const module = moduleOf(body, { language: "jinja2" });
    expect(roundTrip(module)).toEqual(module);
  });

  test("decodes a function's body when it is asked for, once, in any order", () => {
    const module = moduleOf([call, { ...call, start: 40, end: 60 }, { kind: "jump", start: 61, end: 65, type: "pass" }]);
    const [first, second, third] = roundTrip(module).body;
    expect(third).toEqual(module.body[2]);
    expect(second).toEqual(module.body[1]);
    expect(first).toEqual(module.body[0]);
    if (first?.kind !== "function") throw new Error("not a function");
    expect(Object.getOwnPropertyDescriptor(first, "body")).not.toHaveProperty("value");
    expect(first.body).toBe(first.body);
  });

  test("reads bytes that lie within others", () => {
    const bytes = encodeModule(moduleOf([call]));
    const shifted = new Uint8Array(bytes.length + 13);
    shifted.set(bytes, 13);
    expect(decodeModule(shifted.subarray(13))).toEqual(moduleOf([call]));
  });

  test("gives a buffer that can be transferred", () => {
    const bytes = encodeModule(moduleOf([call]));
    expect(bytes.buffer.byteLength).toBe(bytes.length);
  });

  test("refuses bytes of another version and bytes cut short", () => {
    const bytes = encodeModule(moduleOf([call]));
    expect(() => decodeModule(bytes.with(0, codecVersion + 1))).toThrow("another version");
    expect(() => decodeModule(bytes.subarray(0, 3))).toThrow(RangeError);
  });
});
