import { expect, it } from "vitest";
import { guessTemplateLanguage } from "./index.ts";

it.each([
  ["{% load static %}", "django", "'{% load static %}' is Django's"],
  ["{{ a|date:'Y' }}", "django", "'{{ a|date:'Y' }}' is Django's"],
  ["{% url 'home' %}", "django", "'{% url 'home' %}' is Django's"],
  ["{% csrf_token %}", "django", "'{% csrf_token %}' is Django's"],
  ["{{ forloop.counter }}", "django", "'{{ forloop.counter }}' is Django's"],
  ["{% include 'a' with b=c %}", "django", "'{% include 'a' with b=c %}' is Django's"],
  ["{{ f(x) }}", "jinja2", "'{{ f(x) }}' is Jinja2's"],
  ["{% macro m() %}{% endmacro %}", "jinja2", "'{% macro m() %}' is Jinja2's"],
  ["{% set a = 1 %}", "jinja2", "'{% set a = 1 %}' is Jinja2's"],
  ["{%- if a -%}{% endif %}", "jinja2", "'{%- if a -%}' is Jinja2's"],
  ["{{ loop.index }}", "jinja2", "'{{ loop.index }}' is Jinja2's"],
  ["{{ a if b else c }}", "jinja2", "'{{ a if b else c }}' is Jinja2's"],
  ["{{ a['b'] }}", "jinja2", "'{{ a['b'] }}' is Jinja2's"],
  ["{% csrf_token %}{{ form.as_p() }}", "jinja2", "'{{ form.as_p() }}' is Jinja2's"],
  ["{% if (a) %}{% for b in c.all() %}", "jinja2", "'{% for b in c.all() %}' is Jinja2's"],
  ["{{ _('x') }}", "jinja2", "'{{ _('x') }}' is Jinja2's"],
  ["{% csrf_token %}{{ _('x') }}", "unknown", "it has as much of Django as of Jinja2"],
  ["{{ a.b }}", "unknown", "nothing in it belongs to one language alone"],
  ["<p>(a)[b]</p>", "unknown", "nothing in it belongs to one language alone"],
  ["{% load a %}{% set b = 1 %}", "unknown", "it has as much of Django as of Jinja2"],
])("%s is %s", (text, language, reason) => {
  expect(guessTemplateLanguage(text)).toEqual({ language, reason });
});
