/** Rows that come as the classes that they are of. */
import { expect, test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";
import { analyseShop } from "../../tests/support/fixture-project.ts";

const models = (imports: string, base: string, manager: string): string => `from django.db import models
${imports}
from shop.models import Customer, Product, Tag


class Post(${base}):
    author = models.ForeignKey(Customer, models.CASCADE)
    mentions = models.ManyToManyField(Product, related_name="+")
${manager}
    def title(self):
        return ""


class Review(Post):
    product = models.ForeignKey(Product, models.CASCADE, related_name="+")

    def title(self):
        return f"{self.product.title} {self.author.name}"


class Note(Post):
    tags = models.ManyToManyField(Tag, related_name="+")
`;

const INHERITED = models("from model_utils.managers import InheritanceManager", "models.Model", "\n    objects = InheritanceManager()\n");
const POLYMORPHIC = models("from polymorphic.models import PolymorphicModel", "PolymorphicModel", "");

test("what only these have is read of each of them", async () => {
  await expectMarked({
    "shop/posts.py": INHERITED.replace('{self.author.name}"', '{self.author.name}"  # expect: review.product, author'),
    "shop/pages.py": `from shop.posts import Post


def titles():
    return [post.title() for post in Post.objects.select_subclasses()]


def joined():
    posts = Post.objects.select_subclasses().select_related("author", "review__product").prefetch_related("mentions")
    return [(post.title(), post.mentions.count()) for post in posts]


def tags():
    return [list(post.tags.all()) for post in Post.objects.select_subclasses()]  # expect: note.tags


def plain():
    return [post.title() for post in Post.objects.all()]
`,
  });
});

test("polymorphic rows come so by themselves", async () => {
  await expectMarked({
    "shop/posts.py": POLYMORPHIC.replace('{self.author.name}"', '{self.author.name}"  # expect: review.product'),
    "shop/pages.py": `from shop.posts import Post


def titles():
    return [post.title() for post in Post.objects.select_related("author")]


def tags():
    return [list(post.tags.all()) for post in Post.objects.all()]  # expect: note.tags


def notes():
    return [post.title() for post in Post.objects.filter(note__tags=None)]


def plain():
    return [post.title() for post in Post.objects.non_polymorphic()]
`,
  });
});

test("a join brings what one of the classes has, a prefetch of the queryset's does not", async () => {
  const page = (read: string): Record<string, string> => ({
    "shop/posts.py": INHERITED,
    "shop/pages.py": `from shop.posts import Post\n\n\ndef work():\n    return [${read} for post in Post.objects.select_subclasses()]\n`,
  });
  const told = async (read: string): Promise<unknown[]> => {
    const { findings } = await analyseShop(page(read));
    return findings
      .filter(({ rule }) => rule === "n-plus-one")
      .map(({ remedy, fixes }) => [remedy, fixes.map(({ safety, edits }) => `${safety} ${edits.length}`)]);
  };
  expect(await told("post.product.title")).toEqual([['Add `select_related("review__product")` to the queryset.', ["safe 1"]]]);
  expect(await told("list(post.tags.all())")).toEqual([
    ['Call `prefetch_related_objects([…], "tags")` before the loop, with those of the rows that are of `Note`.', ["advice 0"]],
  ]);
});

test("how many of the rows are of the class is not known", async () => {
  const { findings } = await analyseShop({
    "shop/posts.py": POLYMORPHIC,
    "shop/pages.py": 'from shop.posts import Post\n\n\ndef work():\n    return [post.title() for post in Post.objects.select_related("author")]\n',
  });
  const told = findings.filter(({ rule }) => rule === "n-plus-one").map(({ relation, confidence, doubt }) => [relation, confidence, doubt]);
  expect(told).toEqual([["review__product", "likely", "only rows that are of `Review` ask for it"]]);
});
