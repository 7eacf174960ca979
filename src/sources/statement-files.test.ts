import { writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../tests/support/temporary-folder.ts";
import { readStatementFiles } from "./statement-files.ts";

const log = `2026-11-26 23:09:46.299 UTC [1] LOG:  duration: 3 ms  statement: SELECT "é" FROM t WHERE id = 7
2026-11-26 23:09:47.299 UTC [1] LOG:  duration: 5 ms  statement: SELECT "é" FROM t WHERE id = 8
`;
const plans = JSON.stringify([{ Plan: { "Node Type": "Result" }, "Execution Time": 3 }]);

describe("files of statements", () => {
  it("are logs and plans, plain or compressed, told apart by what is in them", async () => {
    const folder = temporaryFolder({ "pg.log": log, "plan.txt": plans });
    const zipped = path.join(folder, "pg.log.1");
    writeFileSync(zipped, gzipSync(log));
    const read = await readStatementFiles([path.join(folder, "pg.log"), zipped, path.join(folder, "plan.txt")]);
    expect(read.logged).toMatchObject([{ calls: 4, totalMs: 16, shape: { base: { name: "t" } } }]);
    expect(read.plans).toMatchObject([{ executionMs: 3, source: { file: path.join(folder, "plan.txt"), line: 1 } }]);
    expect(read.notices).toEqual([]);
  });

  it("may break off", async () => {
    const folder = temporaryFolder();
    const whole = gzipSync(Buffer.from(log.repeat(2000)));
    const file = path.join(folder, "pg.log.gz");
    writeFileSync(file, whole.subarray(0, whole.length - 20));
    const read = await readStatementFiles([file]);
    expect(read.notices).toEqual([`${file} is not whole: it was read up to where it breaks off.`]);
    expect(read.logged[0]?.calls).toBeGreaterThan(0);
  });

  it("say what was not read", async () => {
    const folder = temporaryFolder({
      "quiet.log": "LOG:  database system is ready\n",
      "text.log": `${log}LOG:  duration: 1 ms  plan:\n\tResult  (cost=0.00..0.01 rows=1 width=4)\nLOG:  duration: 1 ms\n`,
    });
    const { notices } = await readStatementFiles([path.join(folder, "quiet.log"), path.join(folder, "text.log")]);
    expect(notices.map((one) => one.slice(folder.length + 1))).toEqual([
      "quiet.log says of no statement how long it took: log_min_duration_statement is off, or lc_messages is not English.",
      "text.log: 1 plan of auto_explain not read, because auto_explain.log_format is not json.",
      "text.log: 1 duration without a statement to join, because log_line_prefix names no process or the log begins later.",
    ]);
  });

  it("are refused when they are something else", async () => {
    const folder = temporaryFolder({ "notes.txt": "hello", "empty.log": "", "plan.txt": " Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n" });
    await expect(readStatementFiles([path.join(folder, "notes.txt")])).rejects.toMatchObject({ code: "no-statements" });
    await expect(readStatementFiles([path.join(folder, "empty.log")])).rejects.toMatchObject({ code: "no-statements" });
    await expect(readStatementFiles([path.join(folder, "plan.txt")])).rejects.toMatchObject({
      code: "no-statements",
      remedy: "Run EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON).",
    });
    await expect(readStatementFiles([path.join(folder, "nowhere")])).rejects.toMatchObject({ code: "unreadable-statements" });
    await expect(readStatementFiles([folder])).rejects.toMatchObject({ name: "UsageError" });
  });
});
