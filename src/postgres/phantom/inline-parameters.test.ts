import { expect, test } from "vitest";
import { inlineParameters } from "./inline-parameters.ts";

test("puts quoted values in place of parameters", () => {
  expect(inlineParameters("SELECT 1 FROM t WHERE a = $1 AND b > $2 AND c = $10", ["it's", "4"], "quoted")).toBe(
    "SELECT 1 FROM t WHERE a = 'it''s' AND b > '4' AND c = $10",
  );
});

test("writes NULL, and numbers as they are where no text will do", () => {
  expect(inlineParameters("SELECT $1, $2, $3, 5-$4", [null, "1.50", "x", "-2"], "bare numbers")).toBe("SELECT NULL, 1.50, 'x', 5-(-2)");
});

test("leaves strings, names, comments and dollar quotes alone", () => {
  const sql = `SELECT '$1', E'\\'$1', "$1", a$1, $$ $1 $$, $x$ $1 $x$ -- $1
    /* $1 */`;
  expect(inlineParameters(sql, ["no"], "quoted")).toBe(sql);
});
