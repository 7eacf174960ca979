/** What `__init__` keeps of a column tells whether code has set it since. */
import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

const POST = `from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=50)


class Post(models.Model):
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
    status = models.CharField(max_length=10)
    title = models.CharField(max_length=10)
`;

const MODELS = (body: string) => `${POST}
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._old_status = self.status
        self.__old_author = self.author_id

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
${body}`;

const TOLD = `        if self._old_status == self.status:
            return
        print(self.author.name)EXPECTED
`;

const CASES: readonly [string, string, string][] = [
  ["a row that is saved as it was fetched", "post.save()", ""],
  ["another column is set", 'post.title = "new"\n        post.save()', ""],
  ["the column is set", 'post.status = "new"\n        post.save()', "  # expect: author"],
  ["the column is set at times", 'if post.title:\n            post.status = "new"\n        post.save()', "  # expect: author"],
  ["any column is set", "for name, value in values.items():\n            setattr(post, name, value)\n        post.save()", "  # expect: author"],
];

test.each(CASES)("%s", async (_what, body, expected) => {
  await expectMarked({
    "shop/models.py": MODELS(TOLD.replace("EXPECTED", expected)),
    "shop/tasks.py": `from shop.models import Post


def run(values):
    for post in Post.objects.all():
        ${body}
`,
  });
});

test.each([
  ["as it was fetched", "post.save()", ""],
  ["with another column set", 'post.title = "new"\n        post.save()', ""],
  ["with the relation set", "post.author = values\n        post.save()", "  # expect: tags"],
  ["with the column set", "post.author_id = values\n        post.save()", "  # expect: tags"],
])("a tracker of django-model-utils finds a row %s", async (_what, body, expected) => {
  const models = MODELS(`        if self.tracker.has_changed("author"):
            print([one.name for one in self.tags.all()])${expected}
`)
    .replace("from django.db import models", "from django.db import models\nfrom model_utils import FieldTracker")
    .replace(`    title =`, `    tags = models.ManyToManyField(Author, related_name="+")\n    tracker = FieldTracker()\n    title =`);
  const tasks = `from shop.models import Post\n\n\ndef run(values):\n    for post in Post.objects.all():\n        ${body}\n`;
  await expectMarked({ "shop/models.py": models, "shop/tasks.py": tasks });
});

test("a relation that is set sets the column that was copied; a number that is added to, too", async () => {
  const models = MODELS(`        if self.__old_author != self.author_id:
            print([one.name for one in self.tags.all()])  # expect: tags
`).replace(`    title =`, `    tags = models.ManyToManyField(Author, related_name="+")\n    title =`);
  const run = (line: string) => `from shop.models import Post


def run(author):
    for post in Post.objects.all():
        ${line}
        post.save()
`;
  await expectMarked({ "shop/models.py": models, "shop/tasks.py": run("post.author = author") });
  await expectMarked({ "shop/models.py": models, "shop/tasks.py": run("post.author_id += 1") });
  await expectMarked({ "shop/models.py": models.replace("  # expect: tags", ""), "shop/tasks.py": run("print(author)") });
});

test.each([
  ["a parameter", "def keep(sender, instance, **kwargs):\n    instance.old_status = instance.status\n"],
  ["a keyword", 'def keep(sender, **kwargs):\n    post = kwargs["instance"]\n    post.old_status = post.status\n'],
  ["a keyword that is asked for", 'def keep(sender, **kwargs):\n    post = kwargs.get("instance")\n    post.old_status = post.status\n'],
])("a receiver of post_init keeps it too, of %s", async (_what, keep) => {
  const shop = (expected: string) => ({
    "shop/models.py": `from django.db.models.signals import post_init, post_save
from django.dispatch import receiver
${POST}

@receiver(post_init, sender=Post)
${keep}

@receiver(post_save, sender=Post)
def tell(sender, **kwargs):
    instance = kwargs["instance"]
    if instance.status != instance.old_status:
        print(instance.author.name)${expected}
`,
  });
  const run = (column: string) =>
    `from shop.models import Post\n\n\ndef run():\n    for post in Post.objects.all():\n        post.${column} = "x"\n        post.save()\n`;
  await expectMarked({ ...shop(""), "shop/tasks.py": run("title") });
  await expectMarked({ ...shop("  # expect: author"), "shop/tasks.py": run("status") });
});
