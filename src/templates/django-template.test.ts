import { describe, expect, it } from "vitest";
import { outline } from "../../tests/templates/outline.ts";
import { lowerDjangoTemplate } from "./index.ts";

function lower(text: string) {
  return lowerDjangoTemplate("t.html", text);
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
  ["{{ book }}", "output book"],
  ["{{book.author.name}}", "output book.author.name"],
  ["{{ rows.0.name }}", "output rows.0.name"],
  ["{{ block.super }}", "output block.super"],
  ["{{ 'it\\'s' }}", `output "it's"`],
  ['{{ "%} }" }}', 'output "%} }"'],
  ['{{ _("Title") }}', 'output "Title"'],
  ["{{ 1.5 }}{{ -3 }}{{ 1e3 }}", "output 1.5; output -3; output 1000"],
  ["{{ True }}{{ None }}{{ True.x }}", "output <true>; output <none>; output True.x"],
  ["{{ naïve.café }}", "output naïve.café"],
  ["<style>a{b:c}</style>", ""],
]);

facts("filters", [
  ["{{ a|upper }}", "output a|upper"],
  ['{{ a.b|default:"x y"|date:fmt.short }}', 'output a.b|default("x y")|date(fmt.short)'],
  ["{{ a | upper | cut:' ' }}", 'output a|upper|cut(" ")'],
  ["{{ a|add:-1 }}", "output a|add(-1)"],
  ['{{ a|default:_("none") }}', 'output a|default("none")'],
]);

facts("for", [
  ["{% for a in b.c.all %}{{ a.d }}{% endfor %}", "for a in b.c.all { output a.d }"],
  ["{% for k,v in d.items %}{% endfor %}", "for (k, v) in d.items {}"],
  ["{% for k , v in d.items %}{% endfor %}", "for (k, v) in d.items {}"],
  ["{% for a in b reversed %}{% endfor %}", "for a in b|reversed {}"],
  ['{% for a in b|dictsort:"n m" %}x{% empty %}{{ c }}{% endfor %}', 'for a in b|dictsort("n m") {} else { output c }'],
  ["{% for in in in %}{% endfor %}", "for in in in {}"],
  ["{% for a in b %}{{ forloop.counter0 }}{% endfor %}", "for a in b { output forloop.counter0 }"],
]);

facts("if", [
  ["{% if a %}1{% endif %}", "if a {}"],
  ["{% if a %}{{ x }}{% elif b.c %}{{ y }}{% else %}{{ z }}{% endif %}", "if a { output x } else { if b.c { output y } else { output z } }"],
  ["{% if a or b and not c or d %}{% endif %}", "if (a or (b and (not c)) or d) {}"],
  ["{% if not a in b %}{% endif %}", "if (not (a in b)) {}"],
  ["{% if a in b == c %}{% endif %}", "if (a in (b == c)) {}"],
  ["{% if a not in b and c is not None %}{% endif %}", "if ((a not in b) and (c is not <none>)) {}"],
  ["{% if a|length >= 2 %}{% endif %}", "if (a|length >= 2) {}"],
  ["{% if a == b != c %}{% endif %}", "if ((a == b) != c) {}"],
  ["{% ifequal a.b 'c' %}1{% else %}{{ d }}{% endifequal %}", 'if (a.b == "c") {} else { output d }'],
  ["{% ifnotequal a b %}{% endifnotequal %}", "if (a != b) {}"],
  ["{% ifchanged a.b %}{{ c }}{% else %}{{ d }}{% endifchanged %}", "if a.b { output c } else { output d }"],
  ["{% ifchanged a b %}{% endifchanged %}", "if ?(a, b) {}"],
  ["{% ifchanged %}{{ c }}{% endifchanged %}", "if ?() { output c }"],
]);

facts("names bound in the template", [
  ["{% with a=b.c d=e|f:1 %}{{ a }}{% endwith %}", "a = b.c; d = e|f(1); output a"],
  ["{% with b.c as a %}{{ a }}{% endwith %}", "a = b.c; output a"],
  ["{% with b.c as a and d as e %}{% endwith %}", "a = b.c; e = d"],
  ["{% regroup a.all by b.c as d %}", 'tag regroup a.all "b.c" -> d'],
  ["{% cycle 'a' b.c as d silent %}", 'tag cycle "a" b.c d silent'],
  ["{% url 'a:b' c.pk d=e.f as g %}", 'tag url "a:b" c.pk d=e.f -> g'],
  ["{% now 'Y' as year %}", 'tag now "Y" -> year'],
  ["{% widthratio a.b c.d 100 as w %}", "tag widthratio a.b c.d 100 -> w"],
  ["{% firstof a.b c 'd' %}", 'tag firstof a.b c "d"'],
]);

facts("other templates", [
  ['{% extends "base.html" %}', 'extends "base.html"'],
  ["{% extends layout|default:'x.html' %}", 'extends layout|default("x.html")'],
  ['{% include "a.html" %}', 'include "a.html"'],
  ["{% include a.template|f %}", "include a.template|f"],
  ['{% include "a.html" with b=c.d e="f" only %}', 'include "a.html" b=c.d e="f" only'],
  ['{% include "a.html" with c.d as b %}', 'include "a.html" b=c.d'],
  ['{% include "a.html" only %}', 'include "a.html" only'],
  ["{% block a %}{{ b }}{% endblock a %}", "block a { output b }"],
]);

facts("translation", [
  ["{% trans 'a' %}{% translate a.b as c %}", 'tag trans "a"; tag translate a.b -> c'],
  ["{% trans 'a' noop %}{% trans 'b' context 'm' %}", 'tag trans "a"; tag trans "b" "m"'],
  ["{% blocktrans with a=b.c d=e.f trimmed %}{{ a }}{% endblocktrans %}", "a = b.c; d = e.f; tag blocktrans { output a }"],
  [
    "{% blocktranslate count n=a.b|length with c=d asvar t %}{{ n }}{% plural %}{{ c }}{% endblocktranslate %}",
    "n = a.b|length; c = d; tag blocktranslate -> t { output n; output c }",
  ],
  ["{% blocktrans with a.b as c and d as e context 'm' %}{% endblocktrans %}", 'c = a.b; e = d; tag blocktrans "m"'],
  ["{% language a.lang %}{{ b }}{% endlanguage %}", "tag language a.lang { output b }"],
]);

facts("other blocks", [
  ["{% autoescape off %}{{ a }}{% endautoescape %}", "tag autoescape { output a }"],
  ["{% spaceless %}{{ a }}{% endspaceless %}", "tag spaceless { output a }"],
  ["{% filter upper|cut:a.b %}{{ c }}{% endfilter %}", "tag filter text()|upper|cut(a.b) { output c }"],
  ["{% cache 500 side a.pk using='x' %}{{ b }}{% endcache %}", 'tag cache 500 "side" a.pk using="x" { output b }'],
  ["{% partialdef row inline %}{{ a }}{% endpartialdef %}{% partial row %}", 'tag partialdef "row" "inline" { output a }; tag partial "row"'],
]);

facts("custom tags", [
  ["{% csrf_token %}", "tag csrf_token"],
  ["{% get_comments for a.b as c %}", "tag get_comments a.b -> c"],
  ["{% field a.b class+='x' data-id=c.d %}", 'tag field a.b class="x" data-id=c.d'],
  ["{% odd a=>b !! %}", "tag odd ?(?()) a=?(?())"],
  ["{% panel a.b %}{{ c }}{% else %}{{ d }}{% endpanel %}", "tag panel a.b { output c; output d }"],
  ["{% if a %}{% panel %}{{ c }}{% endif %}{% endpanel %}", "if a { tag panel; output c }; tag endpanel"],
  ["{% recurse a %}{{ node.b }}{% end_recurse %}", "tag recurse a { output node.b }"],
]);

facts("text that is not read", [
  ["{# {{ a }} #}{{ b }}", "output b"],
  ["{% comment 'why' %}{{ a }}{% if %}{% endcomment %}{{ b }}", "output b"],
  ["{% verbatim %}{{ a }}{% if %}{% endverbatim %}{{ b }}", "output b"],
  ["{% verbatim x %}{% endverbatim %}{{ a }}{% endverbatim x %}{{ b }}", "output b"],
  ["{{ a\n}} {# {{ b\n #} {{ c }}", "output c"],
]);

describe("what it collects", () => {
  it("libraries", () => {
    expect(lower("{% load a b.c %}{% load x y from d %}").loads).toEqual(["a", "b.c", "d"]);
  });

  it("ignore comments", () => {
    const text = "é{# luthier: ignore[n-plus-one] two rows #}{# other #}";
    expect(lower(text).comments).toEqual([{ start: 1, end: 43, text: "luthier: ignore[n-plus-one] two rows" }]);
  });

  it("line starts", () => {
    expect(lower("a\r\n{{ b }}\n").lineStarts).toEqual([0, 3, 11]);
  });
});

describe("broken templates", () => {
  it.each([
    ["{% if a %}{{ b }}", "if a { output b }", "unclosed tag 'if'"],
    ["{{ b }}{% endif %}{{ c }}", "output b; output c", "unexpected tag 'endif'"],
    ["{% for a in b %}{% if c %}{{ a }}{% endfor %}{{ d }}", "for a in b { if c { output a } }; output d", "unclosed tag 'if'"],
    ["{% for a of b %}{{ a }}{% endfor %}", "for (a, of, b) in ?() { output a }", "for needs 'item in rows'"],
    ["{% if %}{{ a }}{% endif %}", "if ?() { output a }", "the condition is missing"],
    ["{% if a == %}{% endif %}", "if (a == ?()) {}", "the condition ends too early"],
    ["{% if a b %}{% endif %}", "if a {}", "unexpected 'b' in the condition"],
    ["{{ f(x) }}", "output f", "could not read the rest, '(x)'"],
    ["{{ }}{{ a }}", "output ?(); output a", "an expression is missing"],
    ["{{ a|b: c }}", "output a|b", "the filter's argument is missing"],
    ["{% else %}{{ a }}", "output a", "unexpected tag 'else'"],
    ["{% comment %}{{ a }}", "output a", "unclosed tag 'comment'"],
    ["{% include\n'a' %}{{ a }}", "output a", "a tag may not reach over a line end"],
    ["{% %}", "tag ", "the tag is empty"],
  ])("%s", (template, expected, message) => {
    const module = lower(template);
    expect(outline(module)).toBe(expected);
    expect(module.errors[0]?.message).toBe(message);
  });
});

describe("positions", () => {
  it("underlines the variable, each step and the loop's head", () => {
    const text = '<a title="é">{% for a in b.all %}\n{{ a.author.name|upper }}{% endfor %}';
    const [loop] = lower(text).body;
    if (loop?.kind !== "for") throw new Error("not a loop");
    expect(text.slice(loop.start, loop.headEnd)).toBe("{% for a in b.all %}");
    expect(text.slice(loop.iterable.start, loop.iterable.end)).toBe("b.all");
    const [output] = loop.body;
    if (output?.kind !== "output" || output.value.kind !== "pipe") throw new Error("not a filter");
    const { value } = output.value;
    expect(text.slice(value.start, value.end)).toBe("a.author.name");
    if (value.kind !== "lookup") throw new Error("not a lookup");
    expect(text.slice(value.nameStart, value.end)).toBe("name");
    expect(text.slice(value.object.start, value.object.end)).toBe("a.author");
  });

  it("underlines the path of a regroup", () => {
    const text = "{% regroup rows by author.name as groups %}";
    const [tag] = lower(text).body;
    const path = tag?.kind === "tag" ? tag.args[1] : undefined;
    expect(path && text.slice(path.start, path.end)).toBe("author.name");
  });
});
