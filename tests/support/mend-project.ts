/** Runs the analysis over a small project, applies every edit that it offers, and runs it again. */
import { analyse } from "../../src/analyse.ts";
import { applyEdits } from "../../src/fixes/apply.ts";
import { planFixes, type ChosenFix } from "../../src/fixes/plan-fixes.ts";
import type { AnalyseOptions, Finding, Fix } from "../../src/model/index.ts";
import { openPythonParser } from "../../src/python/parser.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const MODELS = `from django.contrib.auth.models import User
from django.db import models


class Country(models.Model):
    name = models.CharField(max_length=9)


class Author(models.Model):
    name = models.CharField(max_length=9)
    no = models.IntegerField()
    country = models.ForeignKey(Country, models.CASCADE)

    class Meta:
        ordering = ["name"]


class Tag(models.Model):
    name = models.CharField(max_length=9)


class Book(models.Model):
    title = models.CharField(max_length=9)
    no = models.IntegerField()
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    editor = models.ForeignKey(Author, models.CASCADE, null=True, related_name="edited")
    tags = models.ManyToManyField(Tag)
    loose = models.ForeignKey(Country, models.DO_NOTHING, db_constraint=False)

    class Meta:
        ordering = ["title"]


class Chapter(models.Model):
    book = models.ForeignKey(Book, models.CASCADE, related_name="chapters")
    name = models.CharField(max_length=9)

    class Meta:
        ordering = ["name"]
`;

const SETTINGS = `INSTALLED_APPS = ["shop", "django.contrib.auth", "django.contrib.contenttypes"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": ["templates"], "APP_DIRS": True}]
`;

export interface Mended {
  /** The file that the case is about, with every edit applied. */
  readonly after: string;
  readonly safeties: readonly string[];
  readonly titles: readonly string[];
  /** Findings of the rule before and after. */
  readonly found: readonly Finding[];
  readonly left: readonly Finding[];
  readonly errors: readonly string[];
}

export async function mend(files: Readonly<Record<string, string>>, rule: string): Promise<Mended> {
  const [[file, before] = ["", ""]] = Object.entries(files);
  const root = temporaryFolder({
    "manage.py": "",
    "site/__init__.py": "",
    "site/settings.py": SETTINGS,
    "shop/__init__.py": "",
    "shop/models.py": MODELS,
    ...files,
  });
  const options: AnalyseOptions = { root, exclude: [], jobs: 1, cache: false, settings: [], sourceRoots: [], conventions: [], thresholds: {} };
  const report = await analyse(options, () => undefined);
  const found = report.findings.filter((finding) => finding.rule === rule);
  const chosen = found.flatMap((finding): ChosenFix[] => finding.fixes.slice(0, 1).map((fix: Fix) => ({ finding, fix })));
  const read = (name: string): string => files[name] ?? (name === "shop/models.py" ? MODELS : "");
  const plan = planFixes(chosen, read);
  const texts = new Map<string, string>();
  for (const [name, edits] of plan.edits) {
    const outcome = applyEdits(read(name), edits);
    if (!outcome.ok) throw new Error(`${name}: ${outcome.problem.kind}`);
    texts.set(name, outcome.text);
  }
  const after = await analyse({ ...options, texts }, () => undefined);
  const parser = await openPythonParser();
  const python = [...texts].filter(([name]) => name.endsWith(".py"));
  return {
    after: texts.get(file) ?? before,
    safeties: chosen.map(({ fix }) => fix.safety),
    titles: chosen.map(({ fix }) => fix.title),
    found,
    left: after.findings.filter((finding) => finding.rule === rule),
    errors: python.flatMap(([name, text]) => parser.lower(name, text).errors.map((error) => `${name}:${error.start} ${error.message}`)),
  };
}
