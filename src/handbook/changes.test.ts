import { describe, expect, test } from "vitest";
import type { Finding, Place } from "../model/finding.ts";
import { mainPlaceText } from "../workload/main-place.ts";
import { actionOf, onePlaceFirst } from "./changes.ts";

const at = (role: Place["role"], file: string, line: number): Place => ({ role, file, line, column: 1, endLine: line, endColumn: 9 });
const of = (role: Place["role"], object: string): Place => ({ ...at(role, "", 0), object });
const finding = (...places: Place[]): Finding => ({ places, chapter: "1.2" }) as unknown as Finding;

describe("the place of a change", () => {
  test("is the line that sends the statement, before the model of its table", () => {
    const places = [of("statement", "42"), of("table", "public.shop_order"), at("definition", "shop/models.py", 24), at("queryset", "shop/office.py", 129)];
    expect(mainPlaceText(finding(...places))).toBe("shop/office.py:129");
  });
  test("is the model where nothing is known to send it", () =>
    expect(mainPlaceText(finding(of("statement", "42"), at("definition", "shop/models.py", 24)))).toBe("shop/models.py:24"));
  test("is the table where a statement is all that is known: its number tells nobody anything", () =>
    expect(mainPlaceText(finding(of("statement", "42"), of("table", "public.shop_order")))).toBe("shop_order"));
  test("is what of the database it is about", () =>
    expect(mainPlaceText(finding(of("table", "public.shop_order"), at("queryset", "shop/office.py", 129)))).toBe("shop_order"));
  test("is the line where the code is judged, and the table only says how large the matter is", () =>
    expect(mainPlaceText({ ...finding(of("table", "public.shop_order"), at("queryset", "shop/office.py", 129)), chapter: "2.2" })).toBe("shop/office.py:129"));
});

test("without times, a place has one change before another has two", () => {
  const one = (id: string, line: number, severity = "warning"): Finding =>
    ({ ...finding(at("queryset", "shop/views.py", line)), id, severity, confidence: "certain", rule: "n-plus-one" }) as Finding;
  const findings = [one("a", 3), one("b", 3), one("c", 3), one("d", 9), one("e", 12, "info")];
  expect(onePlaceFirst(findings).map(({ id }) => id)).toEqual(["a", "d", "b", "c", "e"]);
});

describe("what a change does", () => {
  const advised = (remedy: string): Finding => ({ fixes: [], claim: "The list is long.", remedy }) as unknown as Finding;
  test("is the first sentence of the remedy where there is no fix", () =>
    expect(actionOf(advised("Write `~Exists()` for `exclude()`: it is an anti join. It differs where the subquery has a NULL."))).toBe(
      "Write `~Exists()` for `exclude()`: it is an anti join",
    ));
  test("names what is called in the loop", () =>
    expect(actionOf({ ...advised("Add them in one call."), claim: "The loop calls `genres.add()` once a round." })).toBe(
      "`genres.add()`: add them in one call",
    ));
  test("keeps what stands in capitals", () =>
    expect(actionOf({ ...advised("VACUUM the table."), claim: "The scan of `orders_order` is long." })).toBe("`orders_order`: VACUUM the table"));
  test("is the claim where nothing is advised", () => {
    const { remedy: _, ...bare } = advised("");
    expect(actionOf(bare)).toBe("The list is long");
  });
});
