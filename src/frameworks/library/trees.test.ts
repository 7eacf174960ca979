import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";

const files = (code: string): Record<string, string> => ({
  "shop/models.py": `from django.contrib.auth.models import User
from django.db import models
from treebeard.al_tree import AL_Node
from treebeard.mp_tree import MP_Node


class Topic(MP_Node):
    name = models.CharField(max_length=20)
    owner = models.ForeignKey(User, models.CASCADE)


class Folder(AL_Node):
    name = models.CharField(max_length=20)
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="kids")
`,
  "shop/signals.py": "",
  "shop/code.py": `from django.db.models.signals import pre_delete\nfrom django.dispatch import receiver\nfrom shop.models import Folder, Topic\n\n\n${code}`,
});

async function found(code: string): Promise<readonly string[]> {
  const report = await analyseShop(files(code));
  const rules = new Set(["n-plus-one", "query-in-loop", "delete-in-loop"]);
  return report.findings.filter(({ rule }) => rules.has(rule)).map((one) => `${one.rule} ${one.places.at(-1)?.line} ${one.relation ?? ""}`);
}

test("a node asks for its relatives, and knows how many children it has", async () => {
  const code = `def children():
    for topic in Topic.get_root_nodes():
        print(topic.get_children_count(), topic.is_leaf(), topic.get_depth())
        print([child.numchild for child in topic.get_children()])


def parents():
    return [topic.get_parent().name for topic in Topic.objects.filter(depth=2)]


def owners(topic: Topic):
    return [one.owner.username for one in topic.get_ancestors()]


def loaded(topic: Topic):
    return [one.owner.username for one in topic.get_descendants().select_related("owner")]


def folders():
    return [folder.get_parent().name for folder in Folder.objects.all()]
`;
  expect((await found(code)).toSorted()).toEqual(["n-plus-one 17 owner", "n-plus-one 25 parent", "query-in-loop 13 ", "query-in-loop 9 "]);
});

test("a node that is deleted is fetched anew for receivers", async () => {
  const report = await analyseShop(
    files(`@receiver(pre_delete, sender=Topic)
def gone(sender, instance, **kwargs):
    print(instance.owner.username)


def forget():
    for topic in Topic.objects.select_related("owner"):
        topic.delete()
`),
  );
  const messages = report.findings.map(({ rule, message }) => `${rule} ${message}`);
  expect(messages.filter((one) => one.startsWith("n-plus-one"))).toEqual([expect.stringContaining("Let the receiver read keys alone")]);
  expect(messages.filter((one) => one.startsWith("delete-in-loop"))).toEqual([expect.stringContaining("Call `delete()` on the queryset")]);
});
