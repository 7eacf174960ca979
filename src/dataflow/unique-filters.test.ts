/** What a filter names that is unique alone or together is one row at most: nothing is paid per row of it. */
import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

const MODELS = `from django.db import models


class Place(models.Model):
    name = models.CharField(max_length=50)
    code = models.CharField(max_length=50, unique=True)
    alias = models.CharField(max_length=50, unique=True, null=True)


class Person(models.Model):
    name = models.CharField(max_length=50)
    place = models.OneToOneField(Place, on_delete=models.CASCADE)


class Subscription(models.Model):
    uuid = models.UUIDField()
    batch = models.UUIDField()
    place = models.ForeignKey(Place, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    kind = models.CharField(max_length=50)

    class Meta:
        unique_together = ("place", "person")
`;

const CASES: readonly [string, string][] = [
  ["Subscription.objects.filter(place=place, person_id=number)", ""],
  ["Subscription.objects.filter(place__id=number, person=person)", ""],
  ["Subscription.objects.filter(place=place, person=person).iterator()", ""],
  ["place.subscription_set.filter(person=person)", ""],
  ["Subscription.objects.filter(uuid=number)", ""],
  ["Subscription.objects.filter(batch=number)", "  # expect: person"],
  ["Subscription.objects.filter(batch=number).iterator()", "  # expect: person"],
  ["Subscription.objects.filter(place=place)", "  # expect: person"],
  ["Subscription.objects.filter(place=place, person__name=number)", "  # expect: person"],
  ["Subscription.objects.filter(place=place, person__in=number)", "  # expect: person"],
  ["place.subscription_set.filter(kind=number)", "  # expect: person"],
];

test.each(CASES)("%s", async (rows, expected) => {
  await expectMarked({
    "shop/models.py": MODELS,
    "shop/code.py": `from shop.models import Person, Place, Subscription


def names(place: Place, person: Person, number):
    for one in ${rows}:
        print(one.person.name)${expected}
`,
  });
});

test("a unique column that may be NULL tells rows apart where it is not", async () => {
  const code = (rows: string, expected: string): Record<string, string> => ({
    "shop/models.py": MODELS,
    "shop/code.py": `from shop.models import Person, Place


def names(value):
    for one in ${rows}:
        print(one.person.name)${expected}
`,
  });
  await expectMarked(code("Place.objects.filter(code=value)", ""));
  await expectMarked(code('Place.objects.filter(alias="north")', ""));
  await expectMarked(code("Place.objects.filter(alias=value)", "  # expect: person"));
});

test("a delete of one row calls its receivers once", async () => {
  const code = (rows: string, expected: string): Record<string, string> => ({
    "shop/models.py": MODELS,
    "shop/code.py": `from django.db.models.signals import post_delete
from django.dispatch import receiver
from shop.models import Subscription


@receiver(post_delete, sender=Subscription)
def tell(sender, instance, **kwargs):
    print(instance.person.name)${expected}


def unsubscribe(place, person):
    Subscription.objects.filter(${rows}).delete()
`,
  });
  await expectMarked(code("place=place", "  # expect: person"));
  await expectMarked(code("place=place, person=person", ""));
  // In a loop it is one row each round.
  const each = code("place=place, person=person", "  # expect: person")["shop/code.py"] ?? "";
  await expectMarked({
    "shop/models.py": MODELS,
    "shop/code.py": each.replace("(place, person):\n    ", "(place, people):\n    for person in people:\n        "),
  });
});

test("the one row of another is one, though some have none", async () => {
  await expectMarked({
    "shop/models.py": `from django.db import models


class Group(models.Model):
    name = models.CharField(max_length=50)

    def names(self):
        for one in Payment.objects.filter(group_id=self.pk):
            print(one.payer.name)
        for one in Payment.objects.filter(group=None):
            print(one.payer.name)  # expect: payer


class Payment(models.Model):
    group = models.OneToOneField(Group, on_delete=models.CASCADE, null=True, related_name="payment")
    payer = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="payments")
`,
  });
});

test("among many ways to filter, one that names one row does not stand for the others", async () => {
  const filters = ["name", "place__name", "place__code", "place__alias"].map(
    (name) => `    if request.GET.get("${name}"):\n        people = people.filter(${name}=request.GET["${name}"])\n`,
  );
  await expectMarked({
    "shop/models.py": MODELS,
    "shop/code.py": `from shop.models import Person


def names(request):
    people = Person.objects.all()
    if request.GET.get("id"):
        people = people.filter(id=request.GET["id"])
${filters.join("")}    for one in people:
        print(one.place.name)  # expect: place
`,
  });
});

test("rows that are one at times, and many otherwise, are told of the many", async () => {
  await expectMarked({
    "shop/models.py": MODELS,
    "shop/code.py": `from shop.models import Person, Subscription


def chosen(request):
    rows = Subscription.objects.all()
    if request.GET.get("id"):
        rows = rows.filter(id=request.GET.get("id"))
    return [row.place.name for row in rows]  # expect: place


def chosen_first(request):
    rows = Person.objects.all()
    if not request.GET.get("id"):
        return [row.place.name for row in rows]  # expect: place
    rows = rows.filter(id=request.GET.get("id"))
    return [row.place.name for row in rows]
`,
  });
});
