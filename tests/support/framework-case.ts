/** A small project in which the lines that load per row are marked: `# expect: order.customer`, `# expect: customer?` for a possible one. */
import { expect } from "vitest";
import { analyseShop } from "./fixture-project.ts";

const RULES: ReadonlySet<string> = new Set(["n-plus-one", "query-in-loop", "aggregate-in-loop"]);

/** Everything that is loaded per row in these files is marked, and nothing else is reported. */
export async function expectMarked(files: Readonly<Record<string, string>>, conventions: readonly string[] = []): Promise<void> {
  const report = await analyseShop(files, conventions);
  const found = report.findings
    .filter((one) => RULES.has(one.rule))
    .flatMap((one) =>
      one.places
        .filter((place) => place.role === "access")
        .map((place) => `${place.file}:${place.line} ${(one.relation ?? "").replaceAll("__", ".")}${one.confidence === "possible" ? "?" : ""}`),
    );
  expect([...new Set(found)].toSorted()).toEqual(
    Object.entries(files)
      .flatMap(([file, text]) => marks(file, text))
      .toSorted(),
  );
}

function marks(file: string, text: string): string[] {
  return text
    .split("\n")
    .flatMap((line, index) =>
      [...line.matchAll(/expect: ([\w.?]+(?:, [\w.?]+)*)/g)].flatMap((found) => (found[1] ?? "").split(", ").map((one) => `${file}:${index + 1} ${one}`)),
    );
}
