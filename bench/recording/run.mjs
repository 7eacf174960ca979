// How fast recordings are read, and in how much memory: writes one of the given size, reads it, and says both.
//
//   node bench/recording/run.mjs [MEGABYTES] [PROCESSES]      1200 MB in 4 processes unless said otherwise; needs a build
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [megabytes = 1200, processes = 4] = process.argv.slice(2).map(Number);
const root = path.resolve(import.meta.dirname, "../..");
const folder = path.join(mkdtempSync(path.join(tmpdir(), "luthier-bench-")), "recording");

try {
  mkdirSync(folder);
  for (let index = 0; index < processes; index += 1) writeProcess(path.join(folder, `${1000 + index}-0.jsonl`), (megabytes * 1e6) / processes);
  const before = process.memoryUsage().rss;
  const { readRecording } = await import(pathToFileURL(path.join(root, "build/sources/recordings.js")).href);
  const started = performance.now();
  const used = process.cpuUsage();
  const recording = readRecording(folder);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(used);
  const busy = (user + system) / 1e6;
  const peak = process.resourceUsage().maxRSS / 1000;
  process.stdout.write(
    [
      `${Math.round(recording.bytes / 1e6)} MB, ${recording.lines} lines, ${recording.statements} statements, ${recording.processes} processes`,
      `${seconds.toFixed(1)} s: ${Math.round(recording.bytes / 1e6 / seconds)} MB/s, ${Math.round(recording.lines / seconds / 1000)} thousand lines/s; ${busy.toFixed(1)} s of processor time`,
      `peak memory ${Math.round(peak)} MB (${Math.round(before / 1e6)} MB before reading)`,
      `${recording.rowClusters.length} clusters, ${recording.scopes.length} routes`,
      "",
    ].join("\n"),
  );
} finally {
  rmSync(path.dirname(folder), { recursive: true, force: true });
}

/**
 * Requests of 200 routes, each with a queryset whose rows load a relation one by one, two relations deep.
 *
 * @param {string} file
 * @param {number} size
 */
function writeProcess(file, size) {
  const descriptor = openSync(file, "w");
  let written = 0;
  let lines = "";
  /** @param {unknown[]} line */
  const write = (line) => {
    lines += `${JSON.stringify(line)}\n`;
    if (lines.length < 1 << 20) return;
    written += writeSync(descriptor, lines);
    lines = "";
  };
  const ids = { scope: 0, fetch: 0, cause: 0 };
  write([
    "h",
    1,
    { epoch: 1.7e15, pid: 1, argv: ["gunicorn"], python: "3.12.3", django: "5.2", root: "/srv/shop", literals: false, fields: false, sample: 1, maxSize: 0 },
  ]);
  for (let id = 1; id <= 300; id += 1) {
    write(["p", id, `shop/app${id}/views.py`, 0]);
    for (let line = 1; line <= 4; line += 1) write(["f", id * 4 + line, id, line * 10, `view_${id}`, 0]);
    write(["k", id * 2, [id * 4 + 1, id * 4 + 4]]);
    write(["k", id * 2 + 1, [id * 4 + 2, id * 4 + 1, id * 4 + 4]]);
    write(["s", id, `SELECT "shop_${id}"."id", "shop_${id}"."name" FROM "shop_${id}" WHERE "shop_${id}"."id" = %s`]);
    write(["n", id, `shop.Model${id}`]);
  }
  let t = 0;
  for (let request = 1; written < size; request += 1) {
    const route = 1 + (request % 200);
    const scope = (ids.scope += 1);
    write(["b", scope, 0, "request", "GET", (t += 500), 1, {}]);
    write(["x", (t += 100), 900, route, route * 2, scope, 1, 0, 25]);
    const parents = (ids.fetch += 1);
    write(["r", parents, route, route * 2, scope, 25, t, 0]);
    const cause = (ids.cause += 1);
    write(["a", cause, "forward", route, route + 1, parents]);
    for (let row = 1; row <= 25; row += 1) {
      write(["x", (t += 100), 300, route + 1, route * 2 + 1, scope, 1, 0, 1, cause, row]);
      const child = (ids.fetch += 1);
      write(["r", child, route + 1, route * 2 + 1, scope, 1, t, cause]);
      const deeper = (ids.cause += 1);
      write(["a", deeper, "forward", route + 1, route + 2, child]);
      write(["x", (t += 100), 300, route + 2, route * 2 + 1, scope, 1, 0, 1, deeper, 1]);
    }
    write(["e", scope, t, { route: `r${route}/`, view: `shop.views.view_${route}`, status: 200 }]);
  }
  write(["i", t]);
  writeSync(descriptor, lines);
  closeSync(descriptor);
}
