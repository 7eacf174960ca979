import fc from "fast-check";
import { expect, test } from "vitest";
import { dropLiterals, dropSecrets } from "./drop-literals.ts";

test.each([
  ["SELECT * FROM shop WHERE id = $1 LIMIT $2", "SELECT * FROM shop WHERE id = $1 LIMIT $2"],
  ["SET app.token = 'it''s secret' -- of mine", "SET app.token = $1"],
  ["SELECT 'a', $3, E'b\\'c', 12.5e3", "SELECT $4, $3, $5, $6"],
  ["/* user='ann' */ SELECT 1", "SELECT $1"],
  ["SELECT a /* one /* two */ 'three' */ FROM b /* open", "SELECT a   FROM b"],
  ["DO $x$ it's 'inside' $x$", "DO $1"],
  ["DO $$ secret $$ LANGUAGE plpgsql", "DO $1 LANGUAGE plpgsql"],
  ['SELECT "it\'s 1 name", t2.c3 FROM t2', 'SELECT "it\'s 1 name", t2.c3 FROM t2'],
  ["SELECT a::numeric(10, 2), b::character varying(20), round(7, 2)", "SELECT a::numeric(10, 2), b::character varying(20), round($1, $2)"],
  ["SELECT 'left open", "SELECT $1"],
  ["SELECT X'ff', b'01', U&'d\\0061t'", "SELECT $1, $2, $3"],
  ["SELECT $1, '$9 of it'", "SELECT $1, $10"],
])("%s", (sql, expected) => {
  expect(dropLiterals(sql)).toBe(expected);
});

test("no string of a statement is left, whatever is around it", () => {
  const secret = "s3cr3t";
  const around = fc.string({ unit: fc.constantFrom("a", " ", "(", ",", '"x"', "$1", "-", "+", "1"), maxLength: 12 });
  fc.assert(
    fc.property(around, around, fc.constantFrom("'X'", "E'\\'X'", "$q$X$q$", "/* X */", "-- X\n"), (before, after, form) => {
      const sql = `SELECT ${before} ${form.replace("X", secret)} ${after}`.replaceAll("--  ", "- ");
      return !dropLiterals(sql).includes(secret);
    }),
  );
});

test.each([
  ["ALTER ROLE shop PASSWORD 'hidden'", "ALTER ROLE shop PASSWORD $1"],
  ["/* from psql */ CREATE USER MAPPING FOR x SERVER y OPTIONS (password 'hidden')", "CREATE USER MAPPING FOR x SERVER y OPTIONS (password $1)"],
  ["SELECT * FROM dblink('host=x password=hidden', 'SELECT 1')", "SELECT * FROM dblink($1, $2)"],
  ["SELECT * FROM shop WHERE name = 'kept'", "SELECT * FROM shop WHERE name = 'kept'"],
])("no secret is kept of %s", (sql, expected) => expect(dropSecrets(sql)).toBe(expected));
