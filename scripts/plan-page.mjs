// The page that draws one plan: PEV2 with Vue and Bootstrap's style in one file, compressed, for the handbook to carry.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { gzipSync } from "node:zlib";

const require = createRequire(import.meta.url);
const [vue, pev2, pev2Style, bootstrap] = [
  require.resolve("vue/dist/vue.runtime.global.prod.js"),
  require.resolve("pev2"),
  require.resolve("pev2/dist/pev2.css"),
  require.resolve("bootstrap/dist/css/bootstrap.min.css"),
];
/** Vue and Bootstrap begin with theirs; PEV2's stands beside it. */
const licence = path.join(path.dirname(pev2), "../LICENSE");

/** @returns {string} gzip in base64, some 400 kB; the page begins with a plan where `PLAN` stands in a comment */
export function packPlanPage() {
  const read = (file) => readFileSync(file, "utf8");
  // Nothing in a library may end the element that it stands in.
  const script = (text) =>
    `<script nonce="plan">${text.replaceAll(/<\/script/gi, String.raw`<\/script`).replaceAll(/\/\/# sourceMappingURL=.*/g, "")}</script>`;
  const style = (text) => `<style>${text.replaceAll(/\/\*# sourceMappingURL=.*?\*\//g, "")}</style>`;
  const page = `<!doctype html>
<!-- PEV2, ${read(licence).replaceAll("--", "-")} -->
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'nonce-plan'; style-src 'unsafe-inline'; img-src data:; font-src data:"><title>Plan</title>
${style(read(bootstrap))}${style(read(pev2Style))}
<style>html,body,#plan{height:100%;margin:0}#plan{display:flex;flex-direction:column}
/* PEV2 knows light alone: in the dark all of it is turned round, hues kept. Black on white becomes the page's ink on its panel. */
html{background:#fff}html[data-theme=dark]{background:#1d1c19}body{background:#fff}html[data-theme=dark] body{filter:invert(.89) hue-rotate(180deg)}</style></head><body><div id="plan"></div>
<script nonce="plan">/*PLAN*/
// The page around it says which colours it has, at first and whenever that changes.
addEventListener("message", ({ data }) => { if (data === "dark" || data === "light") document.documentElement.dataset.theme = data; });
// PEV2 remembers how it was used; in its frame there is nothing to remember it in.
const kept = new Map();
const memory = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value), removeItem: (key) => void kept.delete(key) };
for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, { value: memory, configurable: true });
</script>
${script(read(vue))}
${script(read(pev2))}
<script nonce="plan">
Vue.createApp({ render: () => Vue.h(pev2.Plan, { planSource: window.plan, planQuery: window.statement || "" }) }).mount("#plan");
</script></body></html>`;
  return gzipSync(page, { level: 9 }).toString("base64");
}
