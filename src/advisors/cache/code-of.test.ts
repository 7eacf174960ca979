import { expect, test } from "vitest";
import type { RuleInput } from "../../model/index.ts";
import type { Candidate } from "../../rules/caching/candidates.ts";
import { cachedCode } from "./code-of.ts";

const SITE = { span: { file: "shop/api.py", start: 0, end: 1 }, how: "iterate" };

const candidate = (lines: number | null): Candidate =>
  ({
    site: null,
    production: lines === null ? null : { written: { certainty: lines === 1 ? "unique" : "one-of", sites: Array.from({ length: lines }, () => SITE) } },
  }) as unknown as Candidate;

test.each([
  [null, "no line of the source was found for it"],
  [1, "one line may send it, and the recording does not name it"],
  [3, "several lines may send it, and which did is not known"],
])("with no recorded line, and %s of the source that could send it, the reason says so", (lines, why) =>
  expect(cachedCode(candidate(lines), {} as unknown as RuleInput)).toEqual({ why }),
);
