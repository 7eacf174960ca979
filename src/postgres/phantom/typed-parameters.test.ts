import { describe, expect, test } from "vitest";
import { typedParameters } from "./typed-parameters.ts";

describe("parameters where only literals may stand", () => {
  test.each([
    ['SELECT EXTRACT($1 FROM "o"."at" AT TIME ZONE $2) FROM o', 'SELECT pg_catalog."extract"($1, "o"."at" AT TIME ZONE $2) FROM o'],
    ["SELECT extract( $3 from at ) = $4", 'SELECT pg_catalog."extract"($3, at ) = $4'],
    ["SELECT now() - INTERVAL $1, DATE $2", "SELECT now() - CAST($1 AS INTERVAL), CAST($2 AS DATE)"],
  ])("%s", (sql, planned) => {
    expect(typedParameters(sql, 15)).toBe(planned);
  });

  test("before 14 it is another function", () => {
    expect(typedParameters("SELECT EXTRACT($1 FROM at)", 13)).toBe("SELECT pg_catalog.date_part($1, at)");
  });

  test.each(['SELECT "date" FROM t WHERE "date" = $1', "SELECT EXTRACT(MONTH FROM at)", "SELECT t.date, $1", "SELECT $1::interval", "SELECT update $1"])(
    "%s stays",
    (sql) => {
      expect(typedParameters(sql, 16)).toBe(sql);
    },
  );
});
