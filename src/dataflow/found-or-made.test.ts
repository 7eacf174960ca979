/** What `get_or_create()` gives, on the way where the row was made and on the other. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";
import { expectMarked } from "../../tests/support/framework-case.ts";

const SHELVES = `from django.db import models


class Room(models.Model):
    name = models.CharField(max_length=20)


class Shelf(models.Model):
    room = models.ForeignKey(Room, models.CASCADE)
    number = models.IntegerField(unique=True)
    kept_in = models.ForeignKey(Room, models.SET_NULL, null=True, related_name="kept")
`;

/** Marked are the reads of a row that was found; that each round asks for its row is said where the row is fetched. */
const lines = (body: string): Record<string, string> => ({ "shop/shelves.py": SHELVES, "shop/tasks.py": `from shop.shelves import Shelf\n\n\n${body}` });

test("a row that was made has the rows that it was given; one that was found has not", async () => {
  await expectMarked(
    lines(`def work(numbers, room):
    for number in numbers:
        shelf, created = Shelf.objects.get_or_create(number=number, defaults={"room": room})
        if created:
            print(shelf.room.name, shelf.kept_in)
        else:
            print(shelf.room.name)  # expect: room
        if not created:
            print(shelf.kept_in.name)  # expect: kept_in
`),
  );
});

test("what follows knows nothing of it", async () => {
  await expectMarked(
    lines(`def work(numbers, room):
    for number in numbers:
        shelf, created = Shelf.objects.get_or_create(number=number, defaults={"room": room})
        if created:
            print("new")
        print(shelf.room.name)  # expect: room
`),
  );
});

test("a row that was found is given the defaults of update_or_create() as well, and not what it was looked up by", async () => {
  await expectMarked(
    lines(`def work(numbers, room, other):
    for number in numbers:
        shelf, created = Shelf.objects.update_or_create(number=number, kept_in=other, defaults={"room": room})
        print(shelf.room.name, shelf.kept_in.name)  # expect: kept_in
`),
  );
});

test("a way that only says that the row is new takes nothing of what follows", async () => {
  const report = await analyseShop({
    "shop/shelves.py": SHELVES,
    "shop/tasks.py": `from shop.shelves import Room


def work(names):
    for name in names:
        room, created = Room.objects.get_or_create(name=name)
        if created:
            print("new")
        for shelf in room.kept.all():
            print(shelf.room.name)
`,
  });
  expect(report.findings.filter(({ rule }) => rule === "n-plus-one").map(({ relation, confidence }) => [relation, confidence])).toEqual([
    ["kept__room", "certain"],
  ]);
});
