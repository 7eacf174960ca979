import { expect, test } from "vitest";
import { runCli } from "../../tests/support/run-cli.ts";

test("the list, by chapter", async () => {
  const { stdout, status } = await runCli(["rules"], { cwd: "/" });
  expect(status).toBe(0);
  expect(stdout.split("\n")[0]).toBe("2.2  count-pagination          warning  fix sometimes  What count-pagination is about.");
  expect(stdout).toContain("\n6 rules. One rule's page: luthier rules ID\n");
});

test("one rule's page, with how to silence it", async () => {
  const { stdout } = await runCli(["rules", "n-plus-one"], { cwd: "/" });
  expect(stdout).toMatch(/^n-plus-one {2}2\.4 {2}warning {2}certain {2}fix sometimes {2}stable\n\n# n-plus-one\n/);
  expect(stdout).toContain("# luthier: ignore[n-plus-one] reason\n");
});

test("the rules of a chapter", async () => {
  const { stdout } = await runCli(["rules", "2.4"], { cwd: "/" });
  expect(stdout).toContain("2.4  n-plus-one ");
  expect(stdout).not.toContain("count-pagination");
});

test("an unknown rule names the nearest", async () => {
  expect(await runCli(["rules", "nplusone"], { cwd: "/" })).toMatchObject({
    status: 2,
    stderr: "luthier: there is no rule nplusone.\nDid you mean n-plus-one? All rules: luthier rules\n",
  });
});

test("as JSON", async () => {
  const { stdout } = await runCli(["rules", "--format", "json"], { cwd: "/" });
  expect(JSON.parse(stdout)).toHaveLength(6);
});
