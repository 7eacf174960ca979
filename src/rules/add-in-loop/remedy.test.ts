import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

async function told(rest: string): Promise<readonly unknown[]> {
  const report = await analyseShop({
    "shop/models.py": `from django.db import models


class Shelf(models.Model):
    name = models.CharField(max_length=20)


class Book(models.Model):
    shelf = models.ForeignKey(Shelf, models.CASCADE, related_name="books", null=True)

    def number(self):
        print(self.shelf)
`,
    "shop/signals.py": "",
    "shop/work.py": `from shop.models import Book, Shelf\n\n\ndef work(shelf):\n    for book in Book.objects.filter(shelf=None):\n        print(book)\n        shelf.books.add(book)\n${rest}`,
  });
  return report.findings.filter(({ rule }) => rule === "add-in-loop").map(({ message, fixes }) => [message.slice(message.indexOf("`books` is")), fixes.length]);
}

const KEY =
  "`books` is the other end of a foreign key: each call writes it with an UPDATE, with BEGIN and COMMIT where no transaction is open. " +
  "Pass all objects to one `add(*objects)`, or set the foreign key on the rows and write them with one `bulk_update()`.";

test("the other end of a foreign key has no links to ask for", async () => {
  expect(await told("")).toEqual([[KEY, 1]]);
});

test("a row that is read after it was added has its new owner", async () => {
  expect(await told("        book.number()\n")).toEqual([[KEY, 0]]);
});

test("Django asks for the links that are there where the model between is the project's", async () => {
  const reason = async (through: string): Promise<readonly string[]> => {
    const report = await analyseShop({
      "shop/models.py": `from django.db import models


class Tag(models.Model):
    name = models.CharField(max_length=20)


class Page(models.Model):
    tags = models.ManyToManyField(Tag${through})


class Tagging(models.Model):
    page = models.ForeignKey(Page, models.CASCADE)
    tag = models.ForeignKey(Tag, models.CASCADE)
`,
      "shop/signals.py": "",
      "shop/work.py": "from shop.models import Page, Tag\n\n\ndef work(page: Page):\n    for tag in Tag.objects.all():\n        page.tags.add(tag)\n",
    });
    return report.findings
      .filter(({ rule }) => rule === "add-in-loop")
      .map(({ message }) => message.slice(message.indexOf("Each call "), message.indexOf(", with BEGIN")));
  };
  expect(await reason("")).toEqual(["Each call inserts its links alone"]);
  expect(await reason(', through="Tagging"')).toEqual(["Each call asks which links exist and then writes its own"]);
});

test("the table between is named by the model whose relation it is", async () => {
  const report = await analyseShop({
    "shop/work.py": `from shop.models import Product, Tag


def work(tag_id):
    for product in Product.objects.all():
        product.tags.add(tag_id)
`,
  });
  const [finding] = report.findings.filter(({ rule }) => rule === "add-in-loop");
  expect(finding?.remedy).toContain("`Product.tags.through.objects.bulk_create(…, ignore_conflicts=True)`");
});

test("one object that goes to many rows has an end of the relation too", async () => {
  const remedy = async (added: string, before = "pass"): Promise<string | undefined> => {
    const { findings } = await analyseShop({
      "shop/work.py": `from shop.models import Product, Tag


def work(tag: Tag, tag_id, names):
    for product in Product.objects.all():
        ${before}
        product.tags.add(${added})
`,
    });
    return findings.find(({ rule }) => rule === "add-in-loop")?.remedy;
  };
  expect(await remedy("tag")).toBe("Every round adds the same object: pass all rows to its own end of the relation, `tag.products.add(*rows)`.");
  expect(await remedy("tag_id")).toContain("bulk_create(");
  expect(await remedy("tag", "tag = Tag.objects.get(name=product.title)")).toContain("bulk_create(");
});

test("links with values of their own are not added in one call", async () => {
  const remedies = async (defaults: string): Promise<readonly string[]> => {
    const report = await analyseShop({
      "shop/models.py": `from django.db import models


class Question(models.Model):
    text = models.CharField(max_length=20)


class Study(models.Model):
    questions = models.ManyToManyField(Question, through="StudyQuestion")


class StudyQuestion(models.Model):
    study = models.ForeignKey(Study, models.CASCADE)
    question = models.ForeignKey(Question, models.CASCADE)
    required = models.BooleanField()
`,
      "shop/signals.py": "",
      "shop/work.py": `from shop.models import Study\n\n\ndef work(study: Study, asked):\n    for one in asked:\n        study.questions.add(one["question"], through_defaults=${defaults})\n`,
    });
    return report.findings.filter(({ rule }) => rule === "add-in-loop").map(({ message }) => message.slice(message.lastIndexOf("open. ") + 6));
  };
  expect(await remedies('{"required": True}')).toEqual(["Pass all objects to one `add(*objects)`."]);
  expect(await remedies('{"required": one["required"]}')).toEqual([
    "Insert the links with `Study.questions.through.objects.bulk_create(…, ignore_conflicts=True)`.",
  ]);
});
