import fc from "fast-check";
import { expect, test } from "vitest";
import { readArray } from "./read-array.ts";

test.each([
  ["{}", []],
  ["{1,2,-3.5}", ["1", "2", "-3.5"]],
  ['{"",a b,"c,d"}', ["", "a b", "c,d"]],
  ['{"{1,2}","{3}"}', ["{1,2}", "{3}"]],
  ['{"say \\"hi\\"","back\\\\slash"}', ['say "hi"', "back\\slash"]],
])("%s", (text, elements) => expect(readArray(text)).toEqual(elements));

test("whatever is in the elements comes back", () => {
  const write = (elements: readonly string[]): string => `{${elements.map((one) => `"${one.replaceAll(/["\\]/g, "\\$&")}"`).join(",")}}`;
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), (elements) => {
      expect(readArray(write(elements))).toEqual(elements);
    }),
  );
});
