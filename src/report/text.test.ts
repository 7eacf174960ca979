import { expect, test } from "vitest";
import { SAMPLE_REPORT, sampleContext } from "../../tests/support/sample-report.ts";
import { PLAIN_STYLE } from "./terminal-style.ts";
import { renderText } from "./text.ts";

test("the sample report at 80 columns", async () => {
  const text = renderText(SAMPLE_REPORT, sampleContext(), PLAIN_STYLE);
  await expect(text).toMatchFileSnapshot("goldens/check.txt");
});
