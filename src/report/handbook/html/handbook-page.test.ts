import { expect, test } from "vitest";
import { SAMPLE_HANDBOOK, sampleHandbookContext } from "../../../../tests/support/sample-handbook.ts";
import { renderHandbookPage } from "./handbook-page.ts";

test("equal handbooks give equal bytes", () => {
  const render = (): string => renderHandbookPage(SAMPLE_HANDBOOK, sampleHandbookContext());
  expect(render()).toBe(render());
});
