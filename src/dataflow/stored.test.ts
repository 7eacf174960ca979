/** What a row lacks, and code finds out once and saves with the row, is hardly ever asked for. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

async function told(methods: string): Promise<readonly string[]> {
  const report = await analyseShop({
    "shop/papers.py": `from django.db import models


class Source(models.Model):
    text = models.TextField()


class Paper(models.Model):
    source = models.ForeignKey(Source, models.CASCADE)
    checksum = models.CharField(max_length=64, null=True)
    data = models.JSONField(default=dict)

${methods}

class Sheet:
    def __init__(self, paper):
        self.paper = paper


def work():
    return [paper.digest() for paper in Paper.objects.all()]


def print_out():
    sheets = [Sheet(paper) for paper in Paper.objects.all()]
    return [sheet.paper.digest() for sheet in sheets]
`,
  });
  return report.findings
    .filter(({ rule }) => rule === "n-plus-one")
    .map(({ relation, rule, confidence }) => `${relation ?? rule} ${confidence}`)
    .toSorted();
}

test.each([
  [
    "a column that is None",
    `    def digest(self):
        if self.checksum is None:
            self.checksum = hash(self.source.text)
            self.save(update_fields=["checksum"])
        return self.checksum
`,
  ],
  [
    "an early return",
    `    def digest(self):
        if self.checksum:
            return self.checksum
        checksum = hash(self.source.text)
        self.checksum = checksum
        self.save()
        return checksum
`,
  ],
  [
    "a flag in a column of JSON",
    `    def digest(self):
        if self.data.get("digested", False):
            return self.checksum
        self.checksum = hash(self.source.text)
        self.data["digested"] = True
        self.save()
        return self.checksum
`,
  ],
  [
    "a name for the column",
    `    def digest(self):
        found = self.data.get("digest")
        if found is None:
            found = hash(self.source.text)
            self.data["digest"] = found
            self.save()
        return found
`,
  ],
  [
    "an update of the row",
    `    def digest(self):
        if not self.checksum:
            self.checksum = hash(self.source.text)
            Paper.objects.filter(pk=self.pk).update(checksum=self.checksum)
        return self.checksum
`,
  ],
  [
    "several in a column of JSON",
    `    def digest(self):
        if "first" not in self.data or "last" not in self.data:
            self.data.update({"first": self.source.text, "last": 1})
            self.save(update_fields=["data"])
        first = self.data["first"]
        return first[:10]
`,
  ],
  [
    "methods that ask and find",
    `    def lacks_digest(self):
        return self.checksum is None

    def find_digest(self):
        self.set_digest(hash(self.source.text))
        self.save()

    def set_digest(self, value):
        self.checksum = value

    def digest(self):
        if self.lacks_digest():
            self.find_digest()
        return self.checksum
`,
  ],
])("%s", async (_name, methods) => {
  expect(await told(methods)).toEqual(["source possible", "source possible"]);
});

test.each([
  [
    "what is not saved is found out again",
    `    def digest(self):
        if self.checksum is None:
            self.checksum = hash(self.source.text)
        return self.checksum
`,
  ],
  [
    "what does something to a row is called for rows that need it",
    `    def digest(self):
        if self.checksum is not None:
            return
        print(self.source.text)
        self.checksum = "done"
        self.save()
`,
  ],
  [
    "another column is saved",
    `    def digest(self):
        if self.checksum is None:
            self.data = {"text": self.source.text}
            self.save()
        return self.data
`,
  ],
  [
    "a row that has it is asked for more",
    `    def digest(self):
        if self.checksum is not None:
            self.checksum = hash(self.source.text)
            self.save()
        return self.checksum
`,
  ],
])("%s", async (_name, methods) => {
  expect(await told(methods)).toEqual(["source certain", "source certain"]);
});
