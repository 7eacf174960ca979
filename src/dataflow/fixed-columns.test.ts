/** A filter that writes out a column's value tells what conditions find in its rows. */
import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

const MODELS = (is: string): string => `from django.db import models


class Thread(models.Model):
    title = models.CharField(max_length=50)


class Post(models.Model):
    kind = models.CharField(max_length=9)
    shown = models.BooleanField(default=True)
    place = models.IntegerField(null=True)
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE)

    def heading(self):
        if ${is}:
            return self.thread.title
        return self.kind
`;

async function shows(rows: string, expected: string, is = 'self.kind == "answer"', before = "pass"): Promise<void> {
  const models = MODELS(is);
  await expectMarked({
    "shop/models.py": models.replace("self.thread.title", `self.thread.title${expected}`),
    "shop/signals.py": "",
    "shop/code.py": `from shop.models import Post


def headings(kind, other):
    for post in ${rows}:
        ${before}
        print(post.heading())
`,
  });
}

const PAID = "  # expect: thread";

test("what the filter says does not hold is not asked", async () => {
  await shows('Post.objects.filter(kind="question")', "");
  await shows('Post.objects.filter(kind="answer")', PAID);
  await shows("Post.objects.filter(kind=kind)", PAID);
  await shows('Post.objects.filter(shown=True).filter(kind="question").order_by("pk")[:9]', "");
  await shows("Post.objects.filter(shown=False)", "", "self.shown");
  await shows("Post.objects.filter(shown=True)", PAID, "self.shown");
  await shows("Post.objects.filter(place=1)", "", "self.place == 2");
});

test("a value of another kind than the column's is compared by the database alone", async () => {
  await shows('Post.objects.filter(place="2")', PAID, "self.place == 2");
});

test("rows of another queryset may hold something else, and so may rows that code has changed", async () => {
  await shows('Post.objects.filter(kind="question") | Post.objects.filter(shown=True)', PAID);
  await shows('Post.objects.filter(kind="question")', PAID, undefined, "post.kind = other");
  await shows('Post.objects.filter(kind="question")', PAID, undefined, "setattr(post, other, kind)");
});
