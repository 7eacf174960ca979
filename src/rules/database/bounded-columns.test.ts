import { expect, test } from "vitest";
import { isBounded } from "./bounded-columns.ts";

const column = (type: string, typeName: string, length = -1, typeKind = "b"): Parameters<typeof isBounded>[0] => ({ type, typeName, length, typeKind });

test("an index may carry what is short by its type, and no free text or document that is short today", () => {
  const bounded = [
    column("integer", "int4", 4),
    column("character varying(200)", "varchar"),
    column("numeric(10,2)", "numeric"),
    column("mood", "mood", 4, "e"),
  ];
  const open = [
    column("text", "text"),
    column("jsonb", "jsonb"),
    column("character varying", "varchar"),
    column("character varying(1000)", "varchar"),
    column("integer[]", "_int4"),
    column("bytea", "bytea"),
  ];
  expect(bounded.filter((one) => !isBounded(one))).toEqual([]);
  expect(open.filter(isBounded)).toEqual([]);
});
