import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findBadSpans } from "../../tests/templates/check-spans.ts";
import { guessTemplateLanguage, lowerDjangoTemplate, lowerJinjaTemplate } from "./index.ts";

const WORDS = [
  ..."{{|}}|{%|%}|{#|#}|{%-|-%}|(|)|[|]|{|}|.|,|:|=|'|\"|\\|~|+|*|**|//|==|<|\n| |  |é|𝒳".split("|"),
  ..."a|b.c|rows.0|1|-2.5|True|none|'x'|\"y z\"|_('t')|f(a, k=b)|a|upper|is defined|||upper|cut:' '".split("|"),
  ..."in|not|and|or|is|if|else|as|with|only|by|reversed|recursive|ignore missing|without context|import".split("|"),
  ..."{{ a.b }}|{% if a %}|{% elif b %}|{% else %}|{% endif %}|{% for a in b.c %}|{% empty %}|{% endfor %}".split("|"),
  ..."{% with a=b.c %}|{% endwith %}|{% block x %}|{% endblock %}|{% include 'a' with b=c %}|{% foo a b=c %}".split("|"),
  ..."{% endfoo %}|{% set a = b %}|{% set a %}|{% endset %}|{% macro m(a, b=1) %}|{% endmacro %}|{% raw %}".split("|"),
  ..."{% endraw %}|{% comment %}|{% endcomment %}|{% verbatim %}|{% endverbatim %}|{% call(a) m(b) %}".split("|"),
  ..."{% endcall %}|{% blocktrans count n=a.b with c=d %}|{% plural %}|{% endblocktrans %}|{% trans a=b, c %}".split("|"),
  ..."{% pluralize %}|{% endtrans %}|{% regroup a by b.c as d %}|{% cycle a b as c %}|{# luthier: ignore[x] #}".split("|"),
  ..."{% filter f %}|{% endfilter %}|{% ifchanged a %}|{% endifchanged %}|{% cache 1 a b %}|{% endcache %}".split("|"),
];

const soup = fc.array(fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 4 })), { maxLength: 60 });
const templates = soup.map((words) => words.join(""));

const WHOLE = `{% extends "base.html" %}{% load i18n %}
{% block rows %}{# luthier: ignore[n-plus-one] few #}
{% for a, b in rows.all|dictsort:"n" reversed %}{% if a.b and not b in c or d == "é" %}{{ a.b.0.c|date:"Y m" }}
{% elif x %}{% include "row.html" with row=a.b only %}{% else %}{% url "x" a.pk k=b.c as u %}{{ u }}{% endif %}
{% empty %}{% with n=a.b|length %}{{ n }}{% endwith %}{% endfor %}{% endblock %}
{%- macro m(a, b=[1, {"k": v}]) -%}{{ a["b"].c(d, *e)[1:2]|f(g=1) is divisibleby 3 ~ "x" }}{%- endmacro %}
{% set a, b = f(x) if y else z %}{% call(u) m(1) %}{{ u.v ** -2 }}{% endcall %}{% raw %}{{ x }}{% endraw %}`;

/** A real template with a stretch taken out and another put in. */
const mutants = fc
  .record({ at: fc.nat(WHOLE.length), cut: fc.nat(12), put: fc.oneof(fc.constant(""), fc.constantFrom(...WORDS)) })
  .map(({ at, cut, put }) => WHOLE.slice(0, at) + put + WHOLE.slice(at + cut));

const LANGUAGES = [
  ["django", lowerDjangoTemplate],
  ["jinja2", lowerJinjaTemplate],
] as const;

describe.each(LANGUAGES)("%s", (language, lower) => {
  it.each([
    ["random templates", templates, 1500],
    ["damaged templates", mutants, 1000],
    ["any text", fc.string({ unit: "binary", maxLength: 80 }), 500],
  ] as const)("positions fit the text of %s", (_name, texts, numRuns) => {
    const property = fc.property(texts, (text) => {
      const module = lower("t.html", text);
      expect(findBadSpans(module, text)).toEqual([]);
      expect(module.language).toBe(language);
    });
    fc.assert(property, { numRuns });
  });

  it("line starts follow line ends", () => {
    const property = fc.property(templates, (text) => {
      const lengths = text.split("\n").map((line) => line.length + 1);
      const starts = lengths.map((_length, index) => lengths.slice(0, index).reduce((sum, length) => sum + length, 0));
      expect(lower("t.html", text).lineStarts).toEqual(starts);
    });
    fc.assert(property, { numRuns: 200 });
  });

  it.each([
    ["nested blocks", "{% if a %}".repeat(5000) + "{{ x }}" + "{% endif %}".repeat(5000)],
    ["nested loops left open", "{% for a in b %}".repeat(5000)],
    ["nested custom blocks", "{% foo %}".repeat(5000) + "{% endfoo %}".repeat(5000)],
    ["elif in elif", `{% if a %}${"{% elif b %}".repeat(150)}`.repeat(150)],
    ["brackets", `{{ ${"(".repeat(5000)}a${")".repeat(5000)} }}`],
    ["subscripts", `{{ ${"a[".repeat(5000)}${"]".repeat(5000)} }}`],
    ["lookups", `{{ a${".b".repeat(5000)} }}`],
    ["filters", `{{ a${"|b".repeat(5000)} }}`],
    ["negations", `{% if ${"not ".repeat(5000)}a %}{% endif %}`],
    ["sums", `{{ a${" + b".repeat(5000)} }}`],
    ["conditions", `{{ a${" if b else c".repeat(5000)} }}`],
    ["calls", `{{ a${"()".repeat(5000)} }}`],
  ])("stays shallow over 5000 %s", (_name, text) => {
    const module = lower("t.html", text);
    expect(heightOf(module.body)).toBeLessThan(1500);
    expect(module.errors.length).toBeGreaterThan(0);
  });

  it("stays shallow over 5000 elif, and keeps them all", () => {
    const module = lower("t.html", `{% if a %}${"{% elif b %}{{ c }}".repeat(5000)}{% endif %}`);
    expect(heightOf(module.body)).toBeLessThan(1500);
    expect(JSON.stringify(module.body).match(/"output"/g)).toHaveLength(5000);
  });

  it.each([
    ["outputs left open", "{{ ".repeat(100_000)],
    ["outputs closed at the end", `${"{{ ".repeat(100_000)}}}`],
    ["crossed brackets", "{{ {{ }} ".repeat(50_000)],
    ["lone quotes", '{{ " }} {% a " %} '.repeat(50_000)],
    ["raw and verbatim left open", "{% raw %}{% verbatim %}{% comment %}".repeat(30_000)],
    ["a string full of escapes", `{{ "${"\\a".repeat(1_000_000)}" }}`],
    ["closers of other blocks", "{% if a %}".repeat(20_000) + "{% endfor %}".repeat(20_000)],
  ])("reads %s in linear time", (_name, text) => {
    const started = performance.now();
    lower("t.html", text);
    guessTemplateLanguage(text);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

function heightOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Object.values(value).reduce((highest: number, child) => Math.max(highest, heightOf(child)), 0);
}
