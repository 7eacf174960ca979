#!/usr/bin/env node
// What dsqgen writes in the dialect `netezza`, as files that PostgreSQL takes: N.sql, the first statement of each template.
//
//   node bench/advisor/tpcds-queries.mjs query_0.sql FOLDER
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Left out of the published comparisons too: their cost, or what an index saves of it, would be all that counts. */
const LEFT_OUT = new Set([4, 6, 9, 10, 11, 32, 35, 41, 95]);

const [from = "query_0.sql", folder = "queries"] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (const part of readFileSync(from, "latin1").split("-- start query").slice(1)) {
  const number = Number(/using template query(\d+)\.tpl/.exec(part)?.[1]);
  if (LEFT_OUT.has(number)) continue;
  const text = part.slice(part.indexOf(".tpl\n") + 5).split("-- end query")[0] ?? "";
  const [first] = text.replaceAll(/;\s*limit /g, " limit ").split(";");
  writeFileSync(path.join(folder, `${number}.sql`), `${translated(first.trim())};\n`);
}

/** @param {string} text */
function translated(text) {
  const days = text.replaceAll(/ (\d+) days\)/g, " interval '$1 days')").replaceAll(") returns", ") as returns");
  return named(levelled(days));
}

/** A name of the projection is none in an expression of ORDER BY. @param {string} text */
function levelled(text) {
  const level = /(grouping\([^)]*\)\+grouping\([^)]*\)) as lochierarchy/.exec(text)?.[1];
  return level === undefined ? text : text.replaceAll("case when lochierarchy = 0", `case when ${level} = 0`);
}

/** Every subquery of FROM has a name. @param {string} text */
function named(text) {
  const places = [...text.matchAll(/(?:\bfrom|,)\s*\(/gi)]
    .map((found) => closing(text, found.index + found[0].length))
    .filter((place) => /^\s*(?:$|[),]|(?:limit|group|order|where)\b)/i.test(text.slice(place)));
  return places.toSorted((a, b) => b - a).reduce((all, place) => `${all.slice(0, place)} as subquery_${place}${all.slice(place)}`, text);
}

/** @param {string} text @param {number} start */
function closing(text, start) {
  let depth = 1;
  for (let place = start; place < text.length; place += 1) {
    depth += text[place] === "(" ? 1 : text[place] === ")" ? -1 : 0;
    if (depth === 0) return place + 1;
  }
  return text.length;
}
