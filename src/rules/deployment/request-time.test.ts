import { expect, test } from "vitest";
import type { Deployment } from "../../model/deployment.ts";
import { requestTime } from "./request-time.ts";

const served = (...seconds: readonly number[]): Pick<Deployment, "services"> =>
  ({ services: seconds.map((value) => ({ kind: "wsgi", name: "web", timeout: { value } })) }) as unknown as Pick<Deployment, "services">;

test("a limit of hours is none that a statement is measured by", () => {
  expect(requestTime(served(60, 120))?.seconds).toBe(60);
  expect(requestTime(served(84_000))).toBeNull();
});
