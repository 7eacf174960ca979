import { describe, expect, it } from "vitest";
import { outline } from "../../tests/templates/outline.ts";
import { lowerJinjaTemplate } from "./index.ts";

function lower(text: string) {
  return lowerJinjaTemplate("t.html", text);
}

function facts(name: string, rows: readonly (readonly [template: string, expected: string])[]): void {
  describe(name, () => {
    it.each(rows)("%s", (template, expected) => {
      const module = lower(template);
      expect(outline(module)).toBe(expected);
      expect(module.errors).toEqual([]);
    });
  });
}

facts("variables and literals", [
  ["{{ book }}{{- book -}}", "output book; output book"],
  ["{{ a.b.c }}", "output a->b->c"],
  ['{{ a["b"].c }}', "output a->b->c"],
  ["{{ a.0.b }}{{ a[0] }}{{ a[i].b }}", "output a[0]->b; output a[0]; output a[i]->b"],
  ['{{ a["\\n"] }}', 'output a["\\n"]'],
  ["{{ a[1:] }}{{ a[:n:2] }}{{ a[1:2, 3] }}", "output a[1::]; output a[:n:2]; output a[(1:2:, 3)]"],
  ["{{ none }}{{ True }}{{ false }}", "output <none>; output <true>; output <false>"],
  ["{{ 1_000 }}{{ 0x1F }}{{ 1.5e3 }}", "output 1000; output 31; output 1500"],
  ["{{ 'a' \"b\" }}{{ 'it\\'s \\u00e9' }}", `output "ab"; output "it's é"`],
  ["{{ [1, a,] }}{{ () }}{{ (a,) }}{{ (a) }}", "output [1, a]; output (); output (a); output a"],
  ["{{ a, b }}", "output (a, b)"],
  ["{{ {'a': {'b': c}} }}", 'output {"a": {"b": c}}'],
  ["{{ '}}' }}{% set a = '%}' %}", 'output "}}"; a = "%}"'],
  ["{{ a\n  .b }}", "output a->b"],
]);

facts("calls and filters", [
  ["{{ f() }}{{ a.b(c, d=e.f, *g, **h) }}", "output f(); output a->b(c, *g, d=e->f, **h)"],
  ["{{ a.all()[0].b }}", "output a->all()[0]->b"],
  ["{{ a|upper|join(', ', attribute='b') }}", 'output a|upper|join(", ", attribute="b")'],
  ["{{ (a|first).b }}", "output a|first->b"],
  ["{{ a|attr('b')() }}", 'output a|attr("b")()'],
  ["{{ a is defined }}{{ a is not none }}", "output a is defined; output (not a is none)"],
  ["{{ a is divisibleby 3 and b is sameas(c) }}", "output (a is divisibleby(3) and b is sameas(c))"],
  ["{{ -a|abs }}", "output (-a)|abs"],
]);

facts("operators", [
  ["{{ a + b * c ** d - e }}", "output ((a + (b * (c ** d))) - e)"],
  ["{{ a ~ b.c ~ 1 }}", "output text(a, b->c, 1)"],
  ["{{ a // b % c }}", "output ((a // b) % c)"],
  ["{{ a < b <= c }}", "output (a < b <= c)"],
  ["{{ a in b and c not in d or not e }}", "output (((a in b) and (c not in d)) or (not e))"],
  ["{{ a if b else c }}{{ a if b }}", "output (a if b else c); output (a if b else ?())"],
  ["{{ (a + b).c }}", "output (a + b)->c"],
]);

facts("loops and conditions", [
  ["{% for a in b.all() %}{{ a.c }}{% else %}{{ d }}{% endfor %}", "for a in b->all() { output a->c } else { output d }"],
  ["{%- for k, v in d.items() -%}{% endfor %}", "for (k, v) in d->items() {}"],
  ["{% for (k, v), w in d %}{% endfor %}", "for ((k, v), w) in d {}"],
  ["{% for a in b if a.c %}{{ a }}{% endfor %}", "for a in b { if a->c { output a } }"],
  ["{% for a in b recursive %}{{ loop(a.c) }}{% endfor %}", "for a in b { output loop(a->c) }"],
  ["{% for a in 1, 2 %}{% endfor %}", "for a in (1, 2) {}"],
  ["{% for a in b %}{% continue %}{% break %}{% endfor %}", "for a in b { continue; break }"],
  ["{% if a %}{{ x }}{% elif b %}{{ y }}{% else %}{{ z }}{% endif %}", "if a { output x } else { if b { output y } else { output z } }"],
]);

facts("names bound in the template", [
  ["{% set a = b.c %}{% set a, b = c %}", "a = b->c; (a, b) = c"],
  ["{% set ns.a = 1 %}", "ns->a = 1"],
  ["{% set a %}{{ b }}{% endset %}", "output b; a = text()"],
  ["{% set a | replace(old='b') %}{% endset %}", 'a = text()|replace(old="b")'],
  ["{% with a=b.c, d=1 %}{{ a }}{% endwith %}{% with %}{% endwith %}", "a = b->c; d = 1; output a"],
  ["{% macro m(a, b=1) %}{{ a.c }}{{ caller() }}{% endmacro %}", "def m(a, b=1) { output a->c; output caller() }"],
  ["{% call m(a) %}{{ b }}{% endcall %}", "def caller:0() { output b }; output m(a, caller=caller:0)"],
  ["{% call(u) m(a) %}{{ u.b }}{% endcall %}", "def caller:0(u) { output u->b }; output m(a, caller=caller:0)"],
]);

facts("other templates", [
  ["{% extends 'a' %}{% extends b if c else 'd' %}", 'extends "a"; extends (b if c else "d")'],
  ["{% include 'a' %}{% include ['a', b] ignore missing %}", 'include "a"; include ["a", b]'],
  ["{% include 'a' ignore missing without context %}{% include a with context %}", 'include "a" only; include a'],
  ["{% import 'a' as b %}{% import 'a' as b with context %}", 'import "a" as b; import "a" as b with context'],
  ["{% from 'a' import b, c as d with context %}", 'import "a" names b, c as d with context'],
  ["{% block a scoped required %}{{ b }}{% endblock a %}", "block a { output b }"],
]);

facts("other tags", [
  ["{% filter upper|trim %}{{ a }}{% endfilter %}", "tag filter text()|upper|trim { output a }"],
  ["{% autoescape false %}{{ a }}{% endautoescape %}", "tag autoescape <false> { output a }"],
  ["{% do a.append(b) %}", "do a->append(b)"],
  ["{% trans a=b.c, d %}{{ a }}{% pluralize a %}{{ d }}{% endtrans %}", "a = b->c; tag trans d a { output a; output d }"],
  ["{% trans trimmed count=a|length %}{{ count }}{% endtrans %}", "count = a|length; tag trans { output count }"],
  ["{% trans 'menu', a %}{% endtrans %}", 'tag trans "menu" a'],
  ["{% csrf_token %}{% url 'a' b.c d=e as f %}", 'tag csrf_token; tag url "a" b->c d=e -> f'],
  ["{% cache 60, 'a', b.pk %}{{ c }}{% endcache %}", 'tag cache 60 "a" b->pk { output c }'],
]);

facts("text that is not read", [
  ["{# {{ a }}\n #}{{ b }}", "output b"],
  ["{% raw %}{{ a }}{% if %}{% endraw %}{{ b }}", "output b"],
  ["{%- raw -%}{{ a }}{%- endraw -%}{{ b }}", "output b"],
]);

it("keeps ignore comments", () => {
  expect(lower("{#- luthier: ignore[x] why -#}").comments).toEqual([{ start: 0, end: 30, text: "luthier: ignore[x] why" }]);
});

describe("broken templates", () => {
  it.each([
    ["{% if a %}{{ b }}", "if a { output b }", "unclosed tag 'if'"],
    ["{{ a + }}{{ b }}", "output (a + ?()); output b", "expected an expression: the tag ends too early"],
    ["{{ a b }}{{ c }}", "output a; output c", "expected the end of the tag: found 'b'"],
    ["{{ (a }}{{ b }}", "output a; output b", "could not read the tag"],
    ["{{ 'a }}{{ b }}", "output ?(); output b", "could not read the tag"],
    ["{{ a }}{{ b", "output a", "unclosed '{{'"],
    ["{{ a|f:'x' }}", "output a|f", "expected the end of the tag: found ':'"],
    ["{% for a of b %}{{ a }}{% endfor %}", "for a in ?() { output a }", "expected 'in': found 'of'"],
    ["{% raw %}{{ a }}", "output a", "unclosed tag 'raw'"],
    ["{% endif %}", "", "unexpected tag 'endif'"],
    ["{% 1 %}", "tag  1", "the tag has no name"],
  ])("%s", (template, expected, message) => {
    const module = lower(template);
    expect(outline(module)).toBe(expected);
    expect(module.errors[0]?.message).toBe(message);
  });
});

describe("positions", () => {
  it("underlines each step", () => {
    const text = "é {{ (a.b|first)['name'] }}";
    const [output] = lower(text).body;
    if (output?.kind !== "output" || output.value.kind !== "lookup") throw new Error("not a lookup");
    const { value } = output;
    expect(text.slice(value.start, value.end)).toBe("(a.b|first)['name']");
    expect(text.slice(value.nameStart, value.nameStart + value.name.length)).toBe("name");
    expect(text.slice(value.object.start, value.object.end)).toBe("a.b|first");
  });
});
