/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** `luthier report` as a person sees it: in a browser, narrow and wide, light and dark, without scripts and on paper. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
// @ts-expect-error a plain script
import { ensureChromium } from "../scripts/browser.mjs";
import { renderRecordingPage } from "../src/report/html/recording-page.ts";
import { readPageAssets } from "../src/sources/page-assets.ts";
import { sampleRecording } from "./support/sample-recording.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const SOURCES: Readonly<Record<string, string>> = {
  "shop/templates/orders/_row.html": "<tr>\n<td>\n{{ order.number }}</td>\n<td>{{ order.customer.name }}</td>\n",
};

let browser: Browser;

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: ensureChromium(), args: ["--no-sandbox"] });
});

afterAll(() => browser.close());

function render(): string {
  return renderRecordingPage({
    recordings: [sampleRecording(5), sampleRecording(25)],
    project: "shop",
    version: "0.1.0",
    read: (file) => SOURCES[file],
    assets: readPageAssets(),
  });
}

interface Look {
  readonly width?: number;
  readonly colorScheme?: "light" | "dark";
  readonly javaScriptEnabled?: boolean;
}

/** Opens the page from a file; what it asked for or complained of stands in `complaints`. */
async function open(look: Look = {}): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  const { width = 1280, colorScheme = "light", javaScriptEnabled = true } = look;
  const file = path.join(temporaryFolder(), "report.html");
  writeFileSync(file, render());
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, javaScriptEnabled, offline: true, reducedMotion: "reduce" });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  const address = pathToFileURL(file).href;
  page.on("request", (request) => {
    if (request.url() !== address) complaints.push(request.url());
  });
  await page.goto(address);
  return { page, complaints };
}

describe.each([320, 400, 768, 1280])("at %i pixels", (width) => {
  test("nothing goes over the edge, folded or not, and nothing is asked of the network", async () => {
    const { page, complaints } = await open({ width });
    const overflow = (): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(await overflow()).toBeLessThanOrEqual(0);
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
    expect(await overflow()).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
  });
});

test.each(["light", "dark"] as const)("%s: every text stands out from what is behind it", async (colorScheme) => {
  const { page } = await open({ colorScheme });
  await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
  expect(await page.evaluate(poorContrast)).toEqual([]);
});

test("without scripts everything can still be read", async () => {
  const { page, complaints } = await open({ javaScriptEnabled: false });
  expect(await page.locator("h2").allTextContents()).toEqual([
    "Where the time goes",
    "Queries row by row",
    "What one of each does",
    "Which lines cost",
    "Which queries cost",
    "Sent again and again",
    "Loaded and not read",
    "Transactions and connections",
    "What grows with the data",
  ]);
  await expect(page.locator("article.f .claim").first().textContent()).resolves.toBe("Each Order loads customer by itself: 25 queries a request.");
  expect(await page.locator("article.f .chain u").first().textContent()).toBe("customer");
  expect(complaints.filter((text) => !text.includes("script"))).toEqual([]);
});

test("what the user's project says is text", async () => {
  const { page } = await open();
  expect(await page.title()).toBe("shop: what a recording shows");
  expect(await page.locator("main script").count()).toBe(0);
  expect(await page.locator("main").textContent()).toContain("search/<script>document.title='owned'</script>/");
});

test("a loop is one row with a mark for each query, and opens to list them", async () => {
  const { page } = await open();
  const fold = page.locator("#waterfalls details.figure", { hasText: "GET /orders/" }).locator("details.fold").first();
  await page.locator("#waterfalls details.figure", { hasText: "GET /orders/" }).evaluate((one: HTMLDetailsElement) => (one.open = true));
  expect(await fold.locator("summary i").count()).toBe(25);
  expect(await fold.locator("tbody tr").first().isVisible()).toBe(false);
  await fold.locator("summary").click();
  expect(await fold.locator("tbody tr").first().isVisible()).toBe(true);
});

test("a box of the flame graph takes the whole width, and gives it back", async () => {
  const { page } = await open();
  const flame = page.locator(".flame");
  const box = flame.locator("button", { hasText: "shop/checkout.py:14" }).first();
  const width = async (): Promise<number> => (await box.boundingBox())?.width ?? 0;
  const before = await width();
  await box.evaluate((one: HTMLElement) => one.click());
  const whole = (await flame.boundingBox())?.width ?? 0;
  expect(await width()).toBeGreaterThan(whole * 0.95);
  expect(await box.getAttribute("aria-pressed")).toBe("true");
  await box.press("Escape");
  expect(await width()).toBeCloseTo(before, 0);
});

test("the keyboard goes from finding to finding", async () => {
  const { page } = await open();
  const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.id || document.activeElement?.className || "");
  await page.keyboard.press("j");
  expect(await focused()).toBe("routes");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  expect(await focused()).toBe("f");
  await page.keyboard.press("k");
  expect(await focused()).toBe("per-row");
  await page.goto(`${page.url()}#w1`);
  expect(await page.locator("#w1").getAttribute("open")).not.toBeNull();
});

test("on paper there are no contents, and nothing is folded", async () => {
  const { page } = await open();
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  await page.emulateMedia({ media: "print" });
  expect(await page.locator("nav.toc").isVisible()).toBe(false);
  expect(await page.locator("details:not([open])").count()).toBe(0);
});

test("equal recordings give equal bytes, far below two megabytes", () => {
  expect(render()).toBe(render());
  expect(Buffer.byteLength(render())).toBeLessThan(200_000);
});

/** Runs in the page: texts whose colour is less than 4.5 to 1 from the nearest opaque background behind them. */
function poorContrast(): string[] {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const channels = (colour: string): number[] => {
    if (canvas === null) return [];
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (colour: string): number => {
    const [r = 0, g = 0, b = 0] = channels(colour).map((value) => (value / 255 <= 0.040_45 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element: Element): string => {
    for (let one: Element | null = element; one !== null; one = one.parentElement) {
      const { backgroundColor, backgroundImage } = getComputedStyle(one);
      const tint = /rgba?\([^)]*\)/.exec(backgroundImage)?.[0];
      if (tint !== undefined) return tint;
      if ((channels(backgroundColor)[3] ?? 0) === 255) return backgroundColor;
    }
    return "white";
  };
  const poor = new Set<string>();
  for (const element of document.querySelectorAll("body *")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && (node.textContent ?? "").trim() !== "");
    if (!hasText || element.matches("script, style, .skip")) continue;
    const [a, b] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.add(`${ratio.toFixed(2)} ${element.tagName}.${element.className} in ${element.parentElement?.className ?? ""}`);
  }
  return [...poor];
}
