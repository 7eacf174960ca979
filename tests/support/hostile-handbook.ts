import type { Handbook } from "../../src/model/handbook.ts";
import { SAMPLE_HANDBOOK } from "./sample-handbook.ts";

/** Names as a project that means harm would choose them: each tries to leave the place where text stands. */
const HOSTILE = [
  "<script>window.owned=1;alert(1)</script>",
  "](javascript:alert(1))",
  "</style><script>window.owned=2</script>",
  "]]>--><img src=x onerror=window.owned=3>",
  "\u2028window.owned=4\u2029",
  "\u202Egnp.exe\u202C",
  "\u001B[2J\u0007\u0000",
  `"'\`onclick=window.owned=5 x="`,
  "</textarea></script><svg onload=window.owned=6>",
  "javascript:window.owned=7",
  "{{constructor.constructor('window.owned=8')()}}",
];

/** Keys whose words are the contract's, not the project's. */
const OURS = new Set([
  "kind",
  "state",
  "section",
  "chapter",
  "severity",
  "confidence",
  "rung",
  "safety",
  "tone",
  "verdict",
  "mark",
  "manner",
  "basis",
  "unit",
  "role",
  "at",
  "language",
  "schema",
  "id",
  "finding",
  "json",
]);

/** The sample handbook with something hostile in every text; ids stay, so that links are tried too. */
export function hostileHandbook(): Handbook {
  let turn = 0;
  const spoil = (text: string): string => `${HOSTILE[turn++ % HOSTILE.length] ?? ""}${text}`;
  const walk = <T>(value: T, key: string): T => {
    if (typeof value === "string") return (OURS.has(key) || value === "" ? value : spoil(value)) as T;
    if (Array.isArray(value)) return value.map((one) => walk(one, key)) as T;
    if (value instanceof Map || typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, name === "edits" ? one : walk(one, name)])) as T;
  };
  const spoiled = walk(SAMPLE_HANDBOOK, "");
  return {
    ...spoiled,
    sections: spoiled.sections.map((section) => ({
      ...section,
      plots: section.plots.map((plot) => (plot.kind === "plans" ? { ...plot, before: { ...plot.before, json: hostilePlan() } } : plot)),
    })),
  };
}

function hostilePlan(): string {
  const name = HOSTILE.join("");
  return JSON.stringify([
    {
      Plan: {
        "Node Type": "Seq Scan",
        "Relation Name": name,
        Alias: name,
        "Startup Cost": 0,
        "Total Cost": 10,
        "Plan Rows": 1,
        "Plan Width": 4,
        Filter: `(${name})`,
        Output: HOSTILE,
      },
    },
  ]);
}
