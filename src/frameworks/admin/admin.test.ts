import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";
import { expectMarked } from "../../../tests/support/framework-case.ts";

const MODELS = `from django.db import models


class Country(models.Model):
    name = models.CharField(max_length=80)


class City(models.Model):
    name = models.CharField(max_length=80)
    country = models.ForeignKey(Country, models.CASCADE)

    def __str__(self):
        return f"{self.name}, {self.country.name}"  # MARK


class Venue(models.Model):
    name = models.CharField(max_length=80)
    city = models.ForeignKey(City, models.CASCADE)


class Event(models.Model):
    venue = models.ForeignKey(Venue, models.CASCADE)
    city = models.ForeignKey(City, models.CASCADE)
`;

const files = (admin: string, mark = ""): Record<string, string> => ({
  "shop/models.py": MODELS.replace("# MARK", mark),
  "shop/signals.py": "",
  "shop/admin.py": `from django.contrib import admin\nfrom shop.models import City, Event, Venue\n\n\n${admin}`,
});

test.each([
  "admin.site.register(Venue, VenueAdmin)",
  "admin.site.register(Venue, admin_class=VenueAdmin)",
  "own_site.event_register(Venue, VenueAdmin)",
  "if settings.HAS_VENUES:\n    admin.site.register(Venue, VenueAdmin)",
])("an admin class is that of a model in whichever way it is registered: %s", async (registers) => {
  await expectMarked(
    files(`from django.conf import settings
from shop.sites import own_site


class VenueAdmin(admin.ModelAdmin):
    list_display = ["where"]
    raw_id_fields = ["city"]

    def where(self, venue):
        return venue.city.name  # expect: city


${registers}
`),
  );
});

test("actions get the changelist's rows", async () => {
  await expectMarked(
    files(`@admin.action(description="Print")
def send(modeladmin, request, queryset):
    for venue in queryset:
        print(venue.city.pk, venue.city.name)  # expect: city


@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    list_display = ["name"]
    raw_id_fields = ["city"]
    actions = ["export", send]

    def export(self, request, queryset):
        for venue in queryset:
            print(venue.city.name)  # expect: city


@admin.register(Event)
class EventAdmin(admin.ModelAdmin):
    list_select_related = ["venue"]
    raw_id_fields = ["venue", "city"]
    actions = ["export"]

    def export(self, request, queryset):
        for event in queryset:
            print(event.venue.name)
`),
  );
});

test("of a Django whose version is not known, a changelist joins what any version joins", async () => {
  const code = `@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    list_display = ["city", "country"]

    def country(self, venue):
        return venue.city.country.name
`;
  const read = async (requirements: string) => {
    const report = await analyseShop({ ...files(code), "requirements.txt": requirements });
    return report.findings.some(({ rule, relation }) => rule === "n-plus-one" && relation === "city__country");
  };
  expect(await read("Django==6.1\n")).toBe(true);
  expect(await read("Django==5.2\n")).toBe(false);
  expect(await read("Django\n")).toBe(false);
});

test("what an action reads is loaded in the action, not for the pages of the list", async () => {
  const report = await analyseShop(
    files(`def send(modeladmin, request, queryset):
    """Twice."""
    print(queryset.count())
    for venue in queryset:
        print(venue.city.name)


def both(modeladmin, request, queryset):
    for row in queryset:
        print(row.city.name)


@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    list_display = ["name"]
    raw_id_fields = ["city"]
    actions = ["export", send, both]

    def export(self, request, queryset):
        for venue in queryset:
            print(venue.city.name)


@admin.register(Event)
class EventAdmin(admin.ModelAdmin):
    raw_id_fields = ["city", "venue"]
    actions = [both]
`),
  );
  const found = report.findings
    .filter(({ rule, message }) => rule === "n-plus-one" && message.includes(" the action"))
    .toSorted((a, b) => (a.model ?? "").localeCompare(b.model ?? "") || (a.places[0]?.line ?? 0) - (b.places[0]?.line ?? 0));
  expect(found.map(({ message, fixes }) => [/^\S+/.exec(message)?.[0], fixes.map(({ edits }) => edits.map(({ text }) => text))])).toEqual([
    ["`both`", [[]]],
    ["`send`", [['queryset = queryset.select_related("city")\n    ']]],
    ["`both`", [[]]],
    ["`VenueAdmin.export`", [['.select_related("city")']]],
  ]);
  expect(found.map(({ message }) => /`get_queryset\(\)` of `\w+`'s admin/.exec(message)?.[0] ?? null)).toEqual([
    "`get_queryset()` of `Event`'s admin",
    null,
    "`get_queryset()` of `Venue`'s admin",
    null,
  ]);
});

test("methods with an action's parameters get the changelist's rows too", async () => {
  await expectMarked(
    files(`@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    list_display = ["name"]
    raw_id_fields = ["city"]

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions["export"] = self.get_action("export")
        return actions

    def export(self, request, queryset):
        for venue in queryset:
            print(venue.city.name)  # expect: city


@admin.register(Event)
class EventAdmin(admin.ModelAdmin):
    raw_id_fields = ["venue", "city"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("venue")

    def delete_queryset(self, request, queryset):
        for event in queryset:
            print(event.venue.name)
        queryset.delete()
`),
  );
});

test("columns that only some requests are shown are read", async () => {
  await expectMarked(
    files(`@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    list_display = ["name", "city_name"]
    raw_id_fields = ["city"]

    def get_list_display(self, request):
        columns = super().get_list_display(request)
        if request.user.is_superuser:
            return columns
        return [name for name in columns if self.may_see(request, name)]

    def city_name(self, venue):
        return venue.city.name  # expect: city


@admin.register(City)
class CityAdmin(admin.ModelAdmin):
    list_display = ["name"]

    def get_list_display(self, request):
        if request.user.is_superuser:
            return [*self.list_display, "country_name"]
        return self.list_display

    def country_name(self, city):
        return city.country.name  # expect: country


@admin.register(Event)
class EventAdmin(admin.ModelAdmin):
    list_display = ["venue", "venue_name"]
    raw_id_fields = ["venue", "city"]

    def get_list_display(self, request):
        return [name for name in self.list_display if self.may_see(request, name)]

    def venue_name(self, event):
        return event.venue.name
`),
  );
});

test("a queryset that selects relations keeps the changelist from selecting its own", async () => {
  await expectMarked(
    files(`@admin.register(Event)
class EventAdmin(admin.ModelAdmin):
    list_display = [
        "venue",
        "city_name",
    ]
    raw_id_fields = ["venue", "city"]

    def city_name(self, event):
        return event.city.name  # expect: city

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("venue")
`),
  );
});

test("a filter by a relation renders each option's label", async () => {
  await expectMarked(
    files(
      `@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    list_display = ["name"]
    list_filter = ["city"]
    raw_id_fields = ["city"]
`,
      "# expect: country",
    ),
  );
});

test("a change page's selects render each option's label", async () => {
  await expectMarked(
    files(
      `admin.site.register(Venue, admin.ModelAdmin)


class PlainAdmin(admin.ModelAdmin):
    list_display = ["name"]


admin.site.register(Venue, PlainAdmin)
`,
      "# expect: country",
    ),
  );
});

test("raw keys, autocompletion and readonly fields of a change page cost one row", async () => {
  await expectMarked(
    files(`class EventInline(admin.TabularInline):
    model = Event
    autocomplete_fields = ["city"]


@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    list_display = ["name"]
    readonly_fields = ["city"]
    inlines = [EventInline]
`),
  );
});

test("inlines of a page that nobody may change have no selects", async () => {
  await expectMarked(
    files(`class EventInline(admin.TabularInline):
    model = Event
    max_num = 1


@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    list_display = ["name"]
    raw_id_fields = ["city"]
    inlines = [EventInline]

    def has_change_permission(self, request, obj=None):
        """Nobody."""
        return False
`),
  );
});

test("an inline's select renders each option's label", async () => {
  await expectMarked(
    files(
      `class EventInline(admin.TabularInline):
    model = Event
    max_num = 1


@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    list_display = ["name"]
    raw_id_fields = ["city"]
    inlines = [EventInline]
`,
      "# expect: country",
    ),
  );
});

async function looped(text: string): Promise<string[]> {
  const report = await analyseShop(files(text));
  return report.findings.filter((one) => one.rule === "query-in-loop").map((one) => `${one.confidence} ${one.places.at(-1)?.line} ${one.claim}`);
}

test("what a page of the admin hands its own template is read there", async () => {
  const page = (admin: string, template: string, at = "admin/shop/order/change_form.html"): Record<string, string> => ({
    "shop/admin.py": `from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from shop.models import Line, Order


${admin}`,
    [`shop/templates/${at}`]: `{% extends "admin/change_form.html" %}\n{% block after_field_sets %}\n${template}\n{% endblock %}\n`,
  });
  const line = "{% for line in lines %}{{ line.product.title }}{% endfor %}{# expect: product #}";
  const view = (name: string, args: string): string => `
    def ${name}(self, request, ${args}extra_context=None):
        return super().${name}(request, ${args.replace(/=""/, "")}extra_context={"lines": Line.objects.all()})
`;
  await expectMarked(page(`@admin.register(Order)\nclass OrderAdmin(admin.ModelAdmin):${view("change_view", 'object_id, form_url="", ')}`, line));
  await expectMarked(
    page(
      `@admin.register(Order)\nclass OrderAdmin(admin.ModelAdmin):\n    change_list_template = "shop/orders.html"\n${view("changelist_view", "")}`,
      line,
      "shop/orders.html",
    ),
  );
  await expectMarked(
    page(
      `@admin.register(User)\nclass OwnUserAdmin(UserAdmin):\n    change_form_template = "shop/user.html"\n${view("change_view", 'object_id, form_url="", ')}`,
      line,
      "shop/user.html",
    ),
  );
  // The page's own row, and fields of which somebody wrote each down.
  await expectMarked(
    page(
      "@admin.register(Order)\nclass OrderAdmin(admin.ModelAdmin):\n    fields = ['status']\n",
      "{% for line in original.lines.all %}{{ line.product.title }}{% endfor %}{# expect: lines.product #}\n" +
        "{% for group in adminform %}{% for row in group %}{% for field in row %}{% for one in original.shipments.all %}{{ one }}{% endfor %}{% endfor %}{% endfor %}{% endfor %}",
    ),
  );
});

test("Django's own pages of users and groups load what permissions show", async () => {
  await expectMarked({
    "shop/admin.py": `from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User


@admin.register(User)
class OwnUserAdmin(UserAdmin):
    pass


@admin.register(Group)
class OwnGroupAdmin(GroupAdmin):
    pass
`,
  });
});

test("the remedy names the field, and what its autocompletion needs", async () => {
  const report = await analyseShop(
    files(`class EventInline(admin.TabularInline):
    model = Event


@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    raw_id_fields = ["city"]
    inlines = [EventInline]
`),
  );
  expect(report.findings.find(({ rule }) => rule === "query-in-loop")?.remedy).toBe(
    "Name `city` in `raw_id_fields`, or in `autocomplete_fields`, for which the admin of `City` needs `search_fields`: both look at the chosen row alone. Or make it read-only.",
  );
});

test("each form of an inline and of an editable changelist asks for its choices", async () => {
  expect(
    await looped(`class EventInline(admin.TabularInline):
    model = Event


@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    raw_id_fields = ["city"]
    inlines = [EventInline]


@admin.register(Event)
class EventAdmin(admin.ModelAdmin):
    list_display = ["name", "venue", "city"]
    list_editable = ["venue", "city"]
    raw_id_fields = ["city"]
`),
  ).toEqual(["likely 5 Each row's form lists every `City` for its select.", "likely 18 Each row's form lists every `Venue` for its select."]);
});

test("one form, hidden choices and a form of the admin's own are no loop over selects", async () => {
  expect(
    await looped(`class OneInline(admin.TabularInline):
    model = Event
    max_num = 1


class RawInline(admin.TabularInline):
    model = Event
    raw_id_fields = ["city"]


class OwnInline(admin.TabularInline):
    model = Event

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        return shared_choices(db_field)


@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    raw_id_fields = ["city"]
    inlines = [OneInline, RawInline, OwnInline]
`),
  ).toEqual(["possible 15 Each row's form lists every `City` for its select."]);
});

test("the key to what a proxy's or a child's page shows is no select", async () => {
  expect(
    await looped(`class HallInline(admin.TabularInline):
    model = Event
    raw_id_fields = ["city"]


class Hall(Venue):
    class Meta:
        proxy = True


class Arena(Venue):
    pass


@admin.register(Hall, Arena)
class HallAdmin(admin.ModelAdmin):
    raw_id_fields = ["city"]
    inlines = [HallInline]
`),
  ).toEqual([]);
});

test("what one of the models of an admin class has is not loaded for all of them", async () => {
  const report = await analyseShop({
    "shop/admin.py": `from django.contrib import admin
from shop.models import Invoice, Shipment


class OfOrderAdmin(admin.ModelAdmin):
    list_display = ["__str__", "names"]

    def names(self, row):
        return row.order.customer.name if hasattr(row, "number") else ""


class OfProductAdmin(admin.ModelAdmin):
    list_display = ["text"]

    def text(self, row):
        return row.order.customer.name if hasattr(row, "order") else row.name


admin.site.register(Invoice, OfOrderAdmin)
admin.site.register(Shipment, OfOrderAdmin)
admin.site.register(Invoice, OfProductAdmin)
admin.site.register(Product, OfProductAdmin)
`.replace("import Invoice, Shipment", "import Invoice, Product, Shipment"),
  });
  const found = report.findings.filter(({ rule }) => rule === "n-plus-one");
  expect(found.map(({ places, model, remedy, fixes }) => [places[0]?.line, model, remedy, fixes[0]?.safety])).toEqual([
    [5, "shop.Invoice", 'Add `select_related("order__customer")` to the queryset.', "review"],
    [5, "shop.Shipment", 'Add `select_related("order__customer")` to the queryset.', "review"],
    [12, "shop.Invoice", 'Add `select_related("order__customer")` in a class for `Invoice` alone: this one has rows of other models too.', "advice"],
  ]);
});

test("an inline that others build on is shown as these", async () => {
  await expectMarked(
    files(
      `class BaseInline(admin.TabularInline):
    model = Event
    raw_id_fields = ["city"]
    readonly_fields = ["label"]

    def label(self, event):
        return event.city.name


class EventInline(BaseInline):
    readonly_fields = BaseInline.readonly_fields + ["name"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("city")


@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    raw_id_fields = ["city"]
    inlines = [EventInline]
`,
    ),
  );
});

test("an inline by a one-to-one key reads one row, one without room for new forms each that is there", async () => {
  const inlines = files(
    `class PlanInline(admin.TabularInline):
    model = Plan
    readonly_fields = ["city"]


class EventInline(admin.TabularInline):
    model = Event
    max_num = 0
    readonly_fields = [
        "city",  # expect: city.country
    ]


@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    raw_id_fields = ["city"]
    inlines = [PlanInline, EventInline]
`,
    "# expect: city.country",
  );
  await expectMarked({
    ...inlines,
    "shop/admin.py": (inlines["shop/admin.py"] ?? "").replace("import City, Event, Venue", "import City, Event, Plan, Venue"),
    "shop/models.py": `${inlines["shop/models.py"] ?? ""}

class Plan(models.Model):
    venue = models.OneToOneField(Venue, models.CASCADE)
    city = models.ForeignKey(City, models.CASCADE)

    def __str__(self):
        return self.venue.name
`,
  });
});

test("an inline of a page that nobody may change reads its rows by the key to the page", async () => {
  const text = `class SpotInline(admin.StackedInline):
    model = Spot

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    raw_id_fields = ["city"]
    inlines = [SpotInline]

    def has_change_permission(self, request, obj=None):
        return False
`;
  const spot = `

class Spot(models.Model):
    event = models.OneToOneField(Event, models.CASCADE)
    venue = models.ForeignKey(Venue, models.CASCADE)

    def __str__(self):
        return self.venue.name  # expect: venue
`;
  const shop = files(text);
  const admin = (shop["shop/admin.py"] ?? "").replace("import City", "import Spot, City").replace("model = Spot", "model = Spot  # expect: event");
  await expectMarked({ ...shop, "shop/admin.py": admin, "shop/models.py": `${shop["shop/models.py"]}${spot}` });
});

test("an inline by a one-to-one key reads one row where its page was not found", async () => {
  const detail = (kind: string, mark: string): string => `

class Detail(models.Model):
    venue = models.${kind}(Venue, models.CASCADE)

    def __str__(self):
        return self.venue.name${mark}
`;
  const inline = `class DetailInline(admin.StackedInline):
    model = Detail


Pages.inlines.insert(0, DetailInline)
`;
  for (const [kind, mark] of [
    ["OneToOneField", ""],
    ["ForeignKey", "  # expect: venue"],
  ] as const) {
    const shop = files(inline);
    const admin = (shop["shop/admin.py"] ?? "").replace("import City", "import Detail, City").replace("\n\n\n", "\nfrom kit.admin import Pages\n\n\n");
    await expectMarked({ ...shop, "shop/admin.py": admin, "shop/models.py": `${shop["shop/models.py"]}${detail(kind, mark)}` });
  }
});

test("an inline of a generic relation has as many forms as its object has rows", async () => {
  const inlines = files(
    `from django.contrib.contenttypes.admin import GenericTabularInline


class NoteInline(GenericTabularInline):
    model = Note
    readonly_fields = [
        "city",  # expect: city.country
    ]


@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    raw_id_fields = ["city"]
    inlines = [NoteInline]
`,
    "# expect: city.country",
  );
  await expectMarked({
    ...inlines,
    "shop/admin.py": (inlines["shop/admin.py"] ?? "").replace("import City, Event, Venue", "import City, Event, Note, Venue"),
    "shop/models.py": `${inlines["shop/models.py"] ?? ""}

class Note(models.Model):
    content_type = models.ForeignKey("contenttypes.ContentType", models.CASCADE)
    object_id = models.PositiveIntegerField()
    content_object = GenericForeignKey("content_type", "object_id")
    city = models.ForeignKey(City, models.CASCADE)
`.replace("from django.db import models", "from django.db import models"),
  });
});

test("an admin's own views and hooks know its model, and the row that is asked for", async () => {
  await expectMarked(
    files(`@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    raw_id_fields = ["city"]

    def get_urls(self):
        return [path("near/<pk>", self.near), *super().get_urls()]

    def near(self, request, pk):
        venue = self.get_object(request, pk)
        if venue is None:
            return None
        others = [event.venue.name for event in venue.city.event_set.all()]  # expect: venue
        return others + [one.city.name for one in self.model.objects.exclude(pk=venue.pk)]  # expect: city

    def covered(self, request):
        return [one.city.name for one in self.get_queryset(request).select_related("city")]


class Unregistered(admin.ModelAdmin):
    def names(self, request):
        return [one.city.name for one in self.model.objects.all()]
`),
  );
});

test("an inline that nobody may change shows its foreign keys as text", async () => {
  const inline = (body: string) => `class EventInline(admin.TabularInline):
    model = Event
${body}
    def has_change_permission(self, request, obj=None):
        return False


@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    raw_id_fields = ["city"]
    inlines = [EventInline]
`;
  await expectMarked(files(inline(""), "# expect: city.country"));
  await expectMarked(files(inline('    raw_id_fields = ["city"]\n'), "# expect: city.country"));
  const covered = '    def get_queryset(self, request):\n        return super().get_queryset(request).select_related("city__country")\n';
  for (const body of [covered, '    exclude = ["city"]\n', '    fields = ["venue"]\n', '    fieldsets = [(None, {"fields": ["venue"]})]\n'])
    await expectMarked(files(inline(body)));
});

test.each([
  ["many rows", "extra = 0", "  # expect: city"],
  ["rows that are there, and no new ones", "max_num = 0", "  # expect: city"],
  ["one row", "max_num = 1", ""],
])("an inline of %s", async (_name, most, mark) => {
  await expectMarked(
    files(`class EventInline(admin.TabularInline):
    model = Event
    ${most}
    raw_id_fields = ["city"]
    readonly_fields = ["place"]

    def place(self, event):
        return event.city.pk, event.city.name${mark}


@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    inlines = [EventInline]
    raw_id_fields = ["city"]
`),
  );
});

test("a form has no field for what is not editable", async () => {
  const shop = files(`class EventInline(admin.TabularInline):
    model = Event
    max_num = 1


@admin.register(Venue)
class VenueAdmin(admin.ModelAdmin):
    inlines = [EventInline]
`);
  const models = MODELS.replace("  # MARK", "").replaceAll("ForeignKey(City, models.CASCADE)", "ForeignKey(City, models.CASCADE, editable=False)");
  await expectMarked({ ...shop, "shop/models.py": models });
});

test("an inline that nothing names is on no page", async () => {
  await expectMarked(
    files(`class EventInline(admin.TabularInline):
    model = Event
    fields = ["city"]
    raw_id_fields = ["city"]
    readonly_fields = ["place"]

    def place(self, event):
        return event.city.name


class VenueAdmin(admin.ModelAdmin):
    list_display = ["name"]
    raw_id_fields = ["city"]


admin.site.register(Venue, VenueAdmin)
`),
  );
});

test("a foreign key that may be NULL is joined by the changelist itself since Django 6.1, and by none before", async () => {
  const told = async (requirements: Record<string, string>): Promise<readonly string[]> => {
    const { findings } = await analyseShop({
      "shop/admin.py": `from django.contrib import admin
from shop.models import Category, Line


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    list_display = ["name", "parent"]


@admin.register(Line)
class LineAdmin(admin.ModelAdmin):
    list_display = ["order"]
`,
      ...requirements,
    });
    return findings.flatMap(({ rule, relation }) => (rule === "n-plus-one" ? [relation ?? ""] : []));
  };
  expect(await told({ "requirements.txt": "" })).toEqual(["parent"]);
  expect(await told({ "requirements.txt": "django==5.2.1\n" })).toEqual(["parent"]);
  expect(await told({ "requirements.txt": "django==6.1\n" })).toEqual([]);
});
