// How fast statements are read into shapes, beside PostgreSQL's parser and fingerprint alone; and how fast logs are read, in how much memory.
//
//   node bench/sql/run.mjs [--statements FILE] [--megabytes N]      needs a build
//
// FILE holds one JSON string a line, as tests/sql/send_statements.py writes it; without it, a few statements of our own. N: size of each log, 200.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { fingerprintSync, loadModule, parseSync } from "libpg-query";

const root = path.resolve(import.meta.dirname, "../..");
/** @param {string} name */
const built = (name) => import(pathToFileURL(path.join(root, "build", name)).href);

const { values } = parseArgs({
  options: { statements: { type: "string" }, megabytes: { type: "string", default: "200" } },
});
const ROUNDS = 3;
const SECONDS = 2;

const columns = Array.from({ length: 19 }, (_, index) => `"catalog_book"."column_${index}"`).join(", ");
const ownStatements = [
  `SELECT ${columns} FROM "catalog_book" WHERE "catalog_book"."id" = %s LIMIT 21`,
  `SELECT ${columns} FROM "catalog_book" INNER JOIN "catalog_publisher" ON ("catalog_book"."publisher_id" = "catalog_publisher"."id") WHERE ("catalog_publisher"."name" = %s AND UPPER("catalog_book"."title"::text) LIKE UPPER(%s)) ORDER BY "catalog_book"."title" ASC`,
  `SELECT "catalog_book"."publisher_id", COUNT("catalog_book"."id") AS "n" FROM "catalog_book" GROUP BY 1 HAVING COUNT("catalog_book"."id") > %s`,
  `UPDATE "catalog_book" SET "title" = %s, "price" = %s WHERE "catalog_book"."id" = %s`,
  `INSERT INTO "catalog_book" ("title", "price") VALUES (%s, %s) RETURNING "catalog_book"."id"`,
];

const before = performance.now();
const { openSqlParser } = await built("sql/open-parser.js");
const parser = await openSqlParser();
const opened = performance.now() - before;
const { shapeKey } = await built("sql/compare-shapes.js");
const { numberPlaceholders } = await built("sql/placeholders.js");
const { keyStatements } = await built("workload/statement-keys.js");
const { readStatementFiles } = await built("sources/statement-files.js");
await loadModule();

const statements = readStatements();
const numbered = statements.map((sql) => numberPlaceholders(sql) ?? sql).filter((sql) => parses(sql));
const keyed = keyStatements(parser);
const lines = [
  `opened in ${opened.toFixed(0)} ms, once a process`,
  `${statements.length} different statements, ${Math.round(statements.join("").length / statements.length)} characters each; ${((numbered.length / statements.length) * 100).toFixed(1)} % are SQL to PostgreSQL's parser`,
  rate("parse alone (libpg-query)", numbered, (sql) => parseSync(sql)),
  rate("fingerprint alone (libpg-query)", numbered, (sql) => fingerprintSync(sql)),
  rate("shape", statements, (sql) => parser.shapeOf(sql)),
  rate("shape and key", statements, (sql) => {
    const shape = parser.shapeOf(sql);
    return shape === null ? null : shapeKey(shape, { constants: "erased" });
  }),
  rate("key of a text seen before", statements, (sql) => keyed(sql).key),
];
process.stdout.write(`${lines.join("\n")}\n`);

const work = mkdtempSync(path.join(tmpdir(), "luthier-bench-"));
try {
  for (const format of ["stderr", "csv", "json"]) {
    const bytes = Number(values.megabytes) * 1e6;
    const file = path.join(work, format);
    const count = writeLog(file, format, bytes);
    const started = performance.now();
    const { logged } = await readStatementFiles([file]);
    const seconds = (performance.now() - started) / 1000;
    const peak = Math.round(process.resourceUsage().maxRSS / 1000);
    process.stdout.write(
      `${format}: ${count} statements, ${(bytes / 1e6 / seconds).toFixed(0)} MB/s, ${Math.round(count / seconds)} statements/s, ${logged.length} shapes; peak memory of the process so far ${peak} MB\n`,
    );
    rmSync(file);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

function readStatements() {
  if (values.statements === undefined) return ownStatements;
  const all = readFileSync(values.statements, "utf8")
    .trim()
    .split("\n")
    .map((line) => String(JSON.parse(line)));
  return [...new Set(all)].filter((sql) => /^[\s(]*(?:SELECT|INSERT|UPDATE|DELETE|WITH|DECLARE)\b/i.test(sql));
}

/** @param {string} sql */
function parses(sql) {
  try {
    parseSync(sql);
    return true;
  } catch {
    return false;
  }
}

/**
 * The best of some rounds: what else runs on the machine only ever makes it slower.
 *
 * @param {string} name @param {readonly string[]} all @param {(sql: string) => unknown} work
 */
function rate(name, all, work) {
  let best = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    let done = 0;
    const started = performance.now();
    while (performance.now() - started < (SECONDS * 1000) / ROUNDS) {
      for (const sql of all) work(sql);
      done += all.length;
    }
    best = Math.max(best, (done / (performance.now() - started)) * 1000);
  }
  return `${name}: ${Math.round(best)} statements/s`;
}

/** Statements with values in them, as psycopg sends them. @param {string} file @param {string} format @param {number} bytes */
function writeLog(file, format, bytes) {
  const out = openSync(file, "w");
  let written = 0;
  let count = 0;
  while (written < bytes) {
    let chunk = "";
    while (chunk.length < 1e6) {
      chunk += logLine(format, count);
      count += 1;
    }
    written += writeSync(out, chunk);
  }
  closeSync(out);
  return count;
}

/** @param {string} format @param {number} count */
function logLine(format, count) {
  const sql = ownStatements[count % ownStatements.length]?.replaceAll("%s", `'value ${count}'`) ?? "";
  const message = `duration: 0.${100 + (count % 900)} ms  statement: ${sql}`;
  const time = "2026-11-26 23:09:46.299 UTC";
  if (format === "stderr") return `${time} [${count % 50}] LOG:  ${message}\n`;
  if (format === "json") return `${JSON.stringify({ timestamp: time, dbname: "shop", session_id: "6b08bc3a.2d9d", error_severity: "LOG", message })}\n`;
  return `${time},"me","shop",11677,"127.0.0.1:1",6b08bc3a.2d9d,1,"SELECT",${time},3/0,0,LOG,00000,"${message.replaceAll('"', '""')}",,,,,,,,,"app","client backend",,5\n`;
}
