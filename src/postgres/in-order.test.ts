import fc from "fast-check";
import { expect, test } from "vitest";
import { inOrder, type Step } from "./in-order.ts";

const step = (key: string, ...needs: readonly string[]): Step => ({ key, rank: key, needs });
const keys = (steps: readonly Step[]): string =>
  inOrder(steps)
    .map(({ key }) => key)
    .join(" ");

test("what is needed comes first, and the smallest rank of what can come next", () => {
  expect(keys([step("c"), step("a", "d"), step("b"), step("d")])).toBe("d a b c");
});

test("a circle is cut, and nothing of it is lost", () => {
  expect(keys([step("a", "b"), step("b", "c"), step("c", "a"), step("d", "a")])).toBe("c b a d");
});

test("what is not there is not waited for", () => {
  expect(keys([step("b", "x"), step("a")])).toBe("a b");
});

test("every step once, after its needs where these go in no circle, whatever the order it was given in", () => {
  const arbitrary = fc.array(fc.array(fc.nat(19), { maxLength: 4 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(arbitrary, fc.func(fc.nat()), (lists, shuffle) => {
      // A step needs smaller numbers alone: no circles.
      const steps = lists.map((needs, index) => ({ key: `${index}`, rank: `${(index * 7) % 20}`, needs: needs.filter((one) => one < index).map(String) }));
      const result = inOrder(steps.toSorted((a, b) => shuffle(a.key) - shuffle(b.key)));
      expect(result.map(({ key }) => key).toSorted()).toEqual(steps.map(({ key }) => key).toSorted());
      const position = new Map(result.map(({ key }, index) => [key, index]));
      for (const { key, needs } of result) for (const need of needs) expect(position.get(need)).toBeLessThan(position.get(key) ?? -1);
    }),
  );
});
