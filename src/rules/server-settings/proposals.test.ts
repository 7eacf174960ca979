import { expect, test } from "vitest";
import type { Database } from "../../model/index.ts";
import { noReadTime } from "./proposals.ts";

const withTiming = (value: string): Database => ({ server: { settings: [{ name: "track_io_timing", value }] } }) as unknown as Database;

test("where no read was timed, the setting is not called off when it is on", () => {
  expect(noReadTime(withTiming("on"))).toBe("track_io_timing is on, and no read was timed");
  expect(noReadTime(withTiming("off"))).toBe("track_io_timing is off");
});
