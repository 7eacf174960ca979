import { describe, expect, test } from "vitest";
import { SAMPLE_HANDBOOK, sampleHandbookContext, untimedHandbook } from "../../../tests/support/sample-handbook.ts";
import type { Handbook } from "../../model/handbook.ts";
import type { Plot } from "../../model/plot.ts";
import { displayWidth } from "../display-width.ts";
import { PLAIN_STYLE, type TextStyle } from "../terminal-style.ts";
import { renderTune } from "./tune-text.ts";

const CAUSES: Plot = {
  kind: "bars",
  question: "What does the time go on?",
  answer: "84 % of 48.0 s/min is spent on statements that a finding is about.",
  source: "pg_stat_statements",
  unit: "s/min",
  bars: [
    { label: "per-row queries", value: 17.3, tone: "found", removed: 16.1 },
    { label: "missing or wrong index", value: 11.5, tone: "found", removed: 9.4 },
    { label: "counting, deep pages", value: 5.3, tone: "found" },
    { label: "No remedy", value: 13.9, tone: "other" },
  ],
};
const HANDBOOK: Handbook = {
  ...SAMPLE_HANDBOOK,
  headline: "Nine changes remove 30.4 of 48.0 s of database time a minute",
  overview: [CAUSES],
  failures: [{ advisor: "cache", sections: ["6.1"], why: "no reads were recorded" }],
};
const written = { folder: ".luthier/handbook", pages: 23, pageBytes: 1_100_000, notes: 2 };

const draw = (style: Partial<TextStyle> = {}, handbook: Handbook = HANDBOOK): string =>
  renderTune(handbook, { context: sampleHandbookContext(), written }, { ...PLAIN_STYLE, ...style });

describe("what tune says", () => {
  test("plain", async () => expect(draw()).toMatchFileSnapshot("goldens/tune.txt"));
  test("in colour", async () => expect(draw({ colour: true })).toMatchFileSnapshot("goldens/tune-colour.txt"));
  test("in a locale that is not UTF-8", async () => expect(draw({ unicode: false })).toMatchFileSnapshot("goldens/tune-ascii.txt"));
  test("without any time", async () => expect(draw({}, untimedHandbook())).toMatchFileSnapshot("goldens/tune-untimed.txt"));
  test("quiet", () => expect(draw({ quiet: true })).toBe("Nine changes remove 30.4 of 48.0 s of database time a minute\n"));

  test.each([40, 50, 60, 80, 100])("in %i columns no line is longer, but for what is copied", (width) => {
    for (const handbook of [HANDBOOK, untimedHandbook()]) {
      const long = draw({ width }, handbook)
        .split("\n")
        .filter((line) => displayWidth(line) > width && !line.startsWith("  luthier "));
      expect(long).toEqual([]);
    }
  });
  test("in a narrow terminal", async () => expect(draw({ width: 40 })).toMatchFileSnapshot("goldens/tune-narrow.txt"));

  test("colour changes no column", () => expect(draw({ colour: true }).split("\n").map(displayWidth)).toEqual(draw().split("\n").map(displayWidth)));

  test("what nothing would change stands last among the causes, and the gains add up to the headline", () => {
    const lines = draw().split("\n");
    const causes = lines.slice(lines.findIndex((line) => line.startsWith("Where the time goes")) + 1);
    expect(causes[causes.indexOf("") - 1]).toMatch(/^ {2}no remedy/);
    const gains = lines.flatMap((line) => /^ *\d+ +(\d+(?:\.\d+)?) {2}[━─]/.exec(line)?.[1] ?? []).map(Number);
    expect(gains.reduce((sum, one) => sum + one, 0)).toBeCloseTo(30.4, 0);
  });

  test("names and commands of the project cannot move the cursor", () => {
    const hostile = {
      ...HANDBOOK,
      project: { ...HANDBOOK.project, name: "a\u001B[2Jb" },
      changes: HANDBOOK.changes.map((one) => ({ ...one, action: "x\u001B]0;t\u0007y", place: "\u202Egnp" })),
    };
    // eslint-disable-next-line no-control-regex
    expect(draw({}, hostile)).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u202E]/);
  });
});
