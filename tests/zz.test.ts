import { test } from "vitest";
import { readSource } from "../src/analyse.ts";
test("x", async () => { 
const s = await readSource({ root: process.env["ROOT"] ?? "examples/bookshop", exclude: [], jobs: 1, cache: false, settings: [], sourceRoots: [], conventions: [], thresholds: {} } as never);
for (const c of s.facts.cacheCalls ?? []) console.log(c.how, JSON.stringify(c.key), c.timeout, c.lazy?.model ?? "-", c.span.file + ":" + s.text(c.span.file).slice(0, c.span.start).split("\n").length, c.symbol, c.trail.length);
}, 300000);
test("y", async () => { 
const s = await readSource({ root: "examples/bookshop", exclude: [], jobs: 1, cache: false, settings: [], sourceRoots: [], conventions: [], thresholds: {} } as never);
const m = s.program.modules.get("marketing.caching");
console.log(JSON.stringify(m && s.program.resolve(m, "cache"))?.slice(0,300), s.program.resolveDotted("django.core.cache.cache.get"));
console.log(s.facts.writes.length, s.facts.cacheCalls?.length);
});
test("w", async () => { 
const s = await readSource({ root: process.env["ROOT"] ?? "examples/bookshop", exclude: [], jobs: 1, cache: false, settings: [], sourceRoots: [], conventions: [], thresholds: {} } as never);
const c = new Map<string, number>();
for (const { what } of s.facts.sent ?? []) { const k = what.kind + ":" + ("how" in what ? what.how : ""); c.set(k, (c.get(k) ?? 0) + 1); }
console.log([...c]);
const w = new Map<string, number>();
for (const { how, relation } of s.facts.writes) { const k = how + ":" + (relation !== null); w.set(k, (w.get(k) ?? 0) + 1); }
console.log([...w]);
});
