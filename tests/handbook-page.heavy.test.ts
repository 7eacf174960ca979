/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** The handbook's page as a person sees it: from a file, without a network, narrow and wide, light and dark, by keyboard, without scripts and on paper. */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
// @ts-expect-error a plain script
import { ensureChromium } from "../scripts/browser.mjs";
// @ts-expect-error a plain script
import { packPlanPage } from "../scripts/plan-page.mjs";
import type { Handbook } from "../src/model/handbook.ts";
import type { HandbookAssets } from "../src/report/handbook/html/context.ts";
import { renderHandbookPage } from "../src/report/handbook/html/handbook-page.ts";
import { readHandbookAssets } from "../src/sources/page-assets.ts";
import { hostileHandbook } from "./support/hostile-handbook.ts";
import { largeHandbook, SAMPLE_HANDBOOK, sampleHandbookContext, untimedHandbook } from "./support/sample-handbook.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const WIDTHS = [320, 400, 768, 1024, 1280];

let browser: Browser;
let assets: HandbookAssets;

beforeAll(async () => {
  assets = { ...readHandbookAssets(), planPage: packPlanPage() };
  browser = await chromium.launch({ executablePath: ensureChromium(), args: ["--no-sandbox"] });
});

afterAll(() => browser.close());

function render(handbook: Handbook): string {
  return renderHandbookPage(handbook, { ...sampleHandbookContext(handbook), assets });
}

interface Look {
  readonly handbook?: Handbook;
  readonly width?: number;
  readonly colorScheme?: "light" | "dark";
  readonly javaScriptEnabled?: boolean;
}

/** Opens the page from a file; what it asked for or complained of stands in `complaints`. */
async function open({ handbook = SAMPLE_HANDBOOK, width = 1280, colorScheme = "light", javaScriptEnabled = true }: Look = {}): Promise<{
  readonly page: Page;
  readonly complaints: string[];
}> {
  const file = path.join(temporaryFolder(), "index.html");
  writeFileSync(file, render(handbook));
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, javaScriptEnabled, offline: true, reducedMotion: "reduce" });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", (dialog) => complaints.push(dialog.message()));
  const address = pathToFileURL(file).href;
  page.on("request", (request) => {
    if (request.url() !== address && request.url() !== "about:srcdoc") complaints.push(request.url());
  });
  await page.goto(address);
  return { page, complaints };
}

async function unfold(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const one of document.querySelectorAll("details:not(.whole)")) one.setAttribute("open", "");
    for (const one of document.querySelectorAll<HTMLElement>(".chapter")) one.style.contentVisibility = "visible";
  });
}

describe.each(WIDTHS)("at %i pixels", (width) => {
  test.each([
    ["timed", SAMPLE_HANDBOOK],
    ["untimed", untimedHandbook()],
  ])("%s: nothing goes over the edge, folded or not, and nothing is asked of the network", async (_, handbook) => {
    const { page, complaints } = await open({ width, handbook });
    const overflow = (): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(await overflow()).toBeLessThanOrEqual(0);
    await unfold(page);
    expect(await overflow()).toBeLessThanOrEqual(0);
    expect(await page.evaluate(wordsBeyondTheirFrame)).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

test.each([
  ["light", 1280],
  ["light", 400],
  ["dark", 1280],
  ["dark", 400],
] as const)("axe finds nothing: %s at %i pixels", async (colorScheme, width) => {
  const { page } = await open({ colorScheme, width });
  await unfold(page);
  await page.evaluate(AXE);
  expect(await page.evaluate(violations)).toEqual([]);
});

test("the work list begins on the first screen", async () => {
  const top = async (width: number): Promise<number> => {
    const { page } = await open({ width });
    return (await page.locator("#ten h2").boundingBox())?.y ?? Infinity;
  };
  expect(await top(1280)).toBeLessThan(420);
  expect(await top(400)).toBeLessThan(640);
});

test("the theme is chosen by a button and kept nowhere", async () => {
  const { page } = await open({ colorScheme: "dark" });
  const background = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await page.locator("#theme").click();
  const light = await background();
  expect(light).not.toBe(dark);
  await page.reload();
  expect(await background()).toBe(dark);
});

test("j and k go from finding to finding and to figures", async () => {
  const { page } = await open();
  const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.id || (document.activeElement?.tagName ?? ""));
  const seen: string[] = [];
  for (let step = 0; step < 8; step += 1) {
    await page.keyboard.press("j");
    seen.push(await focused());
  }
  expect(seen).toEqual(["ten", "rests", "where", "FIGURE", "FIGURE", "FIGURE", "FIGURE", "f-p81c"]);
  await page.keyboard.press("k");
  expect(await focused()).toBe("FIGURE");
  await page.locator("#q").focus();
  await page.keyboard.press("j");
  expect(await page.locator("#q").inputValue()).toBe("j");
});

test("search finds findings by any of their words, filters them, and leads to the place", async () => {
  const { page } = await open();
  await page.keyboard.press("/");
  await page.keyboard.type("orders.py customer");
  await expect(page.locator("#found h2").textContent()).resolves.toMatch(/^2 of /);
  expect(await page.locator("#book").isVisible()).toBe(false);
  await page.locator("#found a").first().click();
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("f-k3f9");
  expect(await page.locator("#book").isVisible()).toBe(true);
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.locator("#fr").selectOption("3");
  expect(await page.locator("#found li").count()).toBe(2);
  await page.locator("#fx").selectOption("safe");
  await expect(page.locator("#found p").textContent()).resolves.toContain("Nothing matches");
  await page.keyboard.press("Escape");
  expect(await page.locator("#found").isVisible()).toBe(false);
});

test("a link into a fold opens it", async () => {
  const { page } = await open({ handbook: largeHandbook() });
  const anchor = await page.evaluate(() => document.querySelector("details.more li[id]:last-child")?.id ?? "");
  await page.goto(`${page.url()}#${anchor}`);
  await page.waitForFunction((id) => (document.getElementById(id)?.getBoundingClientRect().height ?? 0) > 0, anchor);
  expect(await page.locator(`#${anchor}`).isVisible()).toBe(true);
});

test("a whole plan is drawn by PEV2 inside the file", async () => {
  const { page, complaints } = await open();
  await page.locator("details.whole > summary").first().click();
  const frame = page.frameLocator("details.whole iframe");
  await frame.locator("text=Bitmap Heap Scan").first().waitFor();
  expect(await page.locator("details.whole").nth(1).locator("li").count()).toBe(2);
  expect(complaints).toEqual([]);
});

/** Mean of all pixels, 0 to 255. */
async function brightness(png: Buffer): Promise<number> {
  const page = await browser.newPage();
  return page.evaluate(async (base64) => {
    const image = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))]));
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas?.drawImage(image, 0, 0);
    const { data } = canvas?.getImageData(0, 0, image.width, image.height) ?? { data: new Uint8ClampedArray() };
    return data.reduce((sum, value, index) => sum + (index % 4 === 3 ? 0 : value), 0) / (data.length * 0.75);
  }, png.toString("base64"));
}

test("a whole plan has the page's colours, and changes with them", async () => {
  const { page, complaints } = await open({ colorScheme: "dark" });
  await page.locator("details.whole > summary").first().click();
  const frame = page.frameLocator("details.whole iframe");
  await frame.locator("text=Bitmap Heap Scan").first().waitFor();
  const theme = (): Promise<string | undefined> => frame.locator("html").evaluate((root) => root.dataset["theme"]);
  expect(await theme()).toBe("dark");
  expect(await brightness(await page.locator("details.whole iframe").screenshot())).toBeLessThan(90);
  await page.locator("#theme").click();
  await expect.poll(theme).toBe("light");
  expect(await brightness(await page.locator("details.whole iframe").screenshot())).toBeGreaterThan(170);
  expect(complaints).toEqual([]);
});

test("an artefact can be copied", async () => {
  const { page } = await open();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const artefact = page.locator("details.art", { hasText: "pgbouncer.ini" });
  await artefact.locator("summary").click();
  await artefact.locator("button.copy").click();
  await artefact.locator("button.copy", { hasText: "Copied" }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("pool_mode = transaction");
});

test("without scripts the text, the figures, the tables and the diffs are there", async () => {
  const { page, complaints } = await open({ javaScriptEnabled: false });
  await expect(page.locator(".lede").textContent()).resolves.toContain("30.4 of the 48.0 seconds");
  expect(await page.locator("table.ten").first().locator("tbody tr").count()).toBe(10);
  expect(await page.locator("svg.draw").first().isVisible()).toBe(true);
  expect(await page.locator("details.data table").count()).toBeGreaterThan(10);
  await page.locator("details.data > summary").first().click();
  expect(await page.locator("details.data table").first().isVisible()).toBe(true);
  expect(await page.locator("pre.diff .a").first().textContent()).toContain("+");
  expect(await page.locator("#search").isVisible()).toBe(false);
  expect(await page.locator("#theme").isVisible()).toBe(false);
  expect(complaints.filter((text) => !text.includes("script"))).toEqual([]);
});

test("on paper there are no contents, and nothing is folded", async () => {
  const { page } = await open({ colorScheme: "dark" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  await page.emulateMedia({ media: "print" });
  expect(await page.locator(".side").isVisible()).toBe(false);
  expect(await page.locator("details:not([open])").count()).toBe(0);
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe("rgb(255, 255, 255)");
  expect((await page.pdf({ format: "A4" })).length).toBeGreaterThan(50_000);
});

test("with 2,000 findings it is small, drawn within a second and searched within a tenth of one", async () => {
  const handbook = largeHandbook(2000);
  expect(handbook.report.findings).toHaveLength(2000);
  expect(Buffer.byteLength(render(handbook))).toBeLessThan(4_000_000);
  const paints: number[] = [];
  for (let turn = 0; turn < 3; turn += 1) paints.push(await firstPaint((await open({ handbook })).page));
  expect(Math.min(...paints)).toBeLessThan(1000);
  const { page, complaints } = await open({ handbook });
  await firstPaint(page);
  const texts = ["view", "view number 17", "orders.py", "catalog rows", "zzz", ""];
  const runs = [await page.evaluate(searchTimes, texts), await page.evaluate(searchTimes, texts), await page.evaluate(searchTimes, texts)];
  // Other tests keep the machine busy: of several runs the best one says what the page takes.
  const times = texts.map((_, index) => Math.min(...runs.map((run) => run[index] ?? Infinity)));
  expect(Math.max(...times)).toBeLessThan(100);
  expect(complaints).toEqual([]);
});

test("what the user's project says is text", async () => {
  const { page, complaints } = await open({ handbook: hostileHandbook() });
  await unfold(page);
  for (const one of await page.locator("details.whole > summary").all()) await one.click();
  await page.waitForTimeout(1500);
  await page.locator("#q").fill("script");
  expect(await page.locator("#found li").count()).toBeGreaterThan(0);
  expect(complaints).toEqual([]);
  expect(await page.evaluate(() => "owned" in window)).toBe(false);
  expect(await page.evaluate(() => [...document.querySelectorAll("main script")].every((one) => one.getAttribute("type") === "application/json"))).toBe(true);
  expect(await page.evaluate(() => [...document.querySelectorAll("a")].map((one) => one.protocol).filter((protocol) => protocol !== "file:"))).toEqual([]);
  expect(await page.locator("main img, main object, main embed, main form, main [onerror], main [onclick]").count()).toBe(0);
  expect(await page.title()).toContain("<script>");
});

/** Milliseconds from the click on the file to the first words, once the page is at rest. */
async function firstPaint(page: Page): Promise<number> {
  await page.waitForTimeout(1000);
  return page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Infinity);
}

/** Runs in the page: what axe complains of, with the elements. */
async function violations(): Promise<readonly string[]> {
  const axe: unknown = Reflect.get(window, "axe");
  if (typeof axe !== "object" || axe === null) throw new Error("no axe");
  const run: unknown = Reflect.get(axe, "run");
  if (typeof run !== "function") throw new Error("no axe.run");
  const result: {
    readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[] }[];
  } = await run.call(axe, document, { iframes: false });
  return result.violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary.slice(0, 200)}`),
  );
}

/** Runs in the page: words of a drawing that stand outside of its frame. */
function wordsBeyondTheirFrame(): readonly string[] {
  return [...document.querySelectorAll("svg.draw text")].flatMap((words) => {
    const box = words.getBoundingClientRect();
    const frame = words.closest(".plot")?.getBoundingClientRect();
    if (frame === undefined || box.width === 0) return [];
    return box.left < frame.left - 1 || box.right > frame.right + 1
      ? [`${words.textContent} by ${Math.round(Math.max(frame.left - box.left, box.right - frame.right))} px`]
      : [];
  });
}

/** Runs in the page: milliseconds from each text in the box to the frame that shows what it finds. */
async function searchTimes(texts: readonly string[]): Promise<readonly number[]> {
  const box = document.querySelector<HTMLInputElement>("#q");
  if (box === null) throw new Error("no search");
  const times: number[] = [];
  for (const text of texts) {
    const begin = performance.now();
    box.value = text;
    box.dispatchEvent(new Event("input"));
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    times.push(performance.now() - begin);
  }
  return times;
}
