import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTestProject, showRelation, type Files } from "./test-project.ts";

const models = (body: string): string => `from django.db import models\n${body}`;
const shop = (body: string): Files => ({ "shop/__init__.py": "", "shop/models.py": models(body) });
const author = "class Author(models.Model): pass\n";

describe("a relation leads where Django says", () => {
  const cases: readonly [trap: string, files: Files, facts: Readonly<Record<string, string>>][] = [
    [
      "a foreign key by class, with the default accessor",
      shop(`${author}class Book(models.Model):\n    author = models.ForeignKey(Author, models.CASCADE)`),
      { "shop.Book.author": "fk shop.Author <- book_set", "shop.Author.book_set": "fk-reverse shop.Book <- author" },
    ],
    [
      "a name in quotes, declared later in the module",
      shop(`class Book(models.Model):\n    author = models.ForeignKey("Author", models.CASCADE, related_name="books")\n${author}`),
      { "shop.Book.author": "fk shop.Author <- books", "shop.Author.books": "fk-reverse shop.Book <- author" },
    ],
    [
      "a label of another app, whose name differs from its folder",
      {
        ...shop(`class Book(models.Model):\n    owner = models.ForeignKey("people.Person", models.CASCADE)`),
        "manage.py": `import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site.settings")`,
        "site/settings.py": `INSTALLED_APPS = ["shop", "crm.apps.CrmConfig"]\nROOT_URLCONF = "x"`,
        "crm/__init__.py": "",
        "crm/apps.py": `from django.apps import AppConfig\nclass CrmConfig(AppConfig):\n    name = "crm"\n    label = "people"`,
        "crm/models.py": models("class Person(models.Model): pass"),
      },
      { "shop.Book.owner": "fk people.Person <- book_set" },
    ],
    [
      "self, with an accessor for the other direction",
      shop(`class Node(models.Model):\n    parent = models.ForeignKey("self", models.CASCADE, related_name="children")`),
      { "shop.Node.parent": "fk shop.Node <- children", "shop.Node.children": "fk-reverse shop.Node <- parent" },
    ],
    [
      "no accessor for a name that ends with a plus",
      shop(`${author}class Book(models.Model):\n    author = models.ForeignKey(Author, models.CASCADE, related_name="+")`),
      { "shop.Book.author": "fk shop.Author", "shop.Author.book_set": "no such field" },
    ],
    [
      "a one-to-one field, single on both sides",
      shop(`${author}class Profile(models.Model):\n    author = models.OneToOneField(Author, models.CASCADE)`),
      { "shop.Author.profile": "o2o-reverse shop.Profile <- author" },
    ],
    [
      "patterns in the related name of an abstract base, once per child",
      shop(
        `${author}class Owned(models.Model):\n    owner = models.ForeignKey(Author, models.CASCADE, related_name="%(app_label)s_%(class)s_owned")\n    class Meta:\n        abstract = True\nclass Book(Owned): pass\nclass Map(Owned): pass`,
      ),
      {
        "shop.Book.owner": "fk shop.Author <- shop_book_owned",
        "shop.Author.shop_map_owned": "fk-reverse shop.Map <- owner",
      },
    ],
    [
      "default_related_name of the Meta that a base hands down",
      shop(
        `${author}class Base(models.Model):\n    class Meta:\n        abstract = True\n        default_related_name = "%(class)s_list"\nclass Book(Base):\n    author = models.ForeignKey(Author, models.CASCADE)`,
      ),
      { "shop.Author.book_list": "fk-reverse shop.Book <- author" },
    ],
    [
      "a many-to-many field with a table of its own",
      shop(`class Tag(models.Model): pass\nclass Book(models.Model):\n    tags = models.ManyToManyField(Tag)`),
      {
        "shop.Book.tags": "m2m shop.Tag <- book_set via shop.Book_tags",
        "shop.Tag.book_set": "m2m-reverse shop.Book <- tags via shop.Book_tags",
        "shop.Book_tags.tag": "fk shop.Tag",
      },
    ],
    [
      "a many-to-many field through a model",
      shop(
        `class Tag(models.Model): pass\nclass Book(models.Model):\n    tags = models.ManyToManyField(Tag, through="Tagging")\nclass Tagging(models.Model):\n    book = models.ForeignKey(Book, models.CASCADE)\n    tag = models.ForeignKey(Tag, models.CASCADE)`,
      ),
      { "shop.Book.tags": "m2m shop.Tag <- book_set via shop.Tagging", "shop.Book.tagging_set": "fk-reverse shop.Tagging <- book" },
    ],
    [
      "a symmetrical many-to-many field, its own reverse",
      shop(`class Person(models.Model):\n    friends = models.ManyToManyField("self")`),
      { "shop.Person.friends": "m2m shop.Person <- friends via shop.Person_friends", "shop.Person.person_set": "no such field" },
    ],
    [
      "a many-to-many field to self with two directions",
      shop(`class Person(models.Model):\n    follows = models.ManyToManyField("self", symmetrical=False, related_name="followers")`),
      { "shop.Person.followers": "m2m-reverse shop.Person <- follows via shop.Person_follows", "shop.Person_follows.to_person": "fk shop.Person" },
    ],
    [
      "multi-table inheritance: the link, the child, and what the parent has",
      shop(`class City(models.Model): pass\nclass Place(models.Model):\n    city = models.ForeignKey(City, models.CASCADE)\nclass Bar(Place): pass`),
      {
        "shop.Bar.place_ptr": "mti-parent shop.Place <- bar",
        "shop.Place.bar": "mti-child shop.Bar <- place_ptr",
        "shop.Bar.city": "fk shop.City <- place_set",
        "shop.City.bar_set": "no such field",
      },
    ],
    [
      "a parent link of one's own",
      shop(
        `class Place(models.Model): pass\nclass Bar(Place):\n    base = models.OneToOneField(Place, models.CASCADE, parent_link=True, related_name="as_bar")`,
      ),
      { "shop.Bar.base": "mti-parent shop.Place <- as_bar", "shop.Place.as_bar": "mti-child shop.Bar <- base", "shop.Bar.place_ptr": "no such field" },
    ],
    [
      "a foreign key to a proxy, with the accessor on the table's model and on every proxy",
      shop(
        `${author}class Poet(Author):\n    class Meta:\n        proxy = True\nclass Poem(models.Model):\n    poet = models.ForeignKey(Poet, models.CASCADE)`,
      ),
      { "shop.Author.poem_set": "fk-reverse shop.Poem <- poet", "shop.Poet.poem_set": "fk-reverse shop.Poem <- poet" },
    ],
    [
      "a field that a child takes away",
      shop(
        `${author}class Base(models.Model):\n    author = models.ForeignKey(Author, models.CASCADE)\n    class Meta:\n        abstract = True\nclass Book(Base):\n    author = None`,
      ),
      { "shop.Book.author": "no such field", "shop.Author.book_set": "no such field" },
    ],
    [
      "generic relations and their way back",
      shop(
        `from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation\nfrom django.contrib.contenttypes.models import ContentType\nclass Note(models.Model):\n    content_type = models.ForeignKey(ContentType, models.CASCADE)\n    object_id = models.IntegerField()\n    about = GenericForeignKey()\nclass Book(models.Model):\n    notes = GenericRelation(Note)`,
      ),
      {
        "shop.Note.about": "generic-fk null",
        "shop.Book.notes": "generic-relation shop.Note <- about",
        "shop.Note.content_type": "fk contenttypes.ContentType <- note_set",
      },
    ],
    [
      "a model imported in another module's TYPE_CHECKING branch, named by string",
      {
        ...shop(
          `from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from crm.models import Person\nclass Book(models.Model):\n    owner = models.ForeignKey("crm.Person", models.CASCADE)`,
        ),
        "crm/__init__.py": "",
        "crm/models/__init__.py": "from .person import *",
        "crm/models/person.py": models(`__all__ = ["Person"]\nclass Person(models.Model): pass`),
      },
      { "shop.Book.owner": "fk crm.Person <- book_set" },
    ],
    [
      "a model that another module re-exports",
      {
        ...shop("from library import Author\nclass Book(models.Model):\n    author = models.ForeignKey(Author, models.CASCADE)"),
        "library/__init__.py": "from .people.models import Author",
        "library/people/__init__.py": "",
        "library/people/models.py": models(author),
      },
      { "shop.Book.author": "fk people.Author <- book_set" },
    ],
    [
      "get_model, lazily",
      shop(
        `from django.apps import apps\nclass Book(models.Model):\n    author = models.ForeignKey(apps.get_model("shop", "Author"), models.CASCADE)\n${author}`,
      ),
      { "shop.Book.author": "fk shop.Author <- book_set" },
    ],
    [
      "a setting that names a model",
      {
        ...shop(
          `from django.conf import settings\n${author}class Book(models.Model):\n    author = models.ForeignKey(settings.SHOP_AUTHOR_MODEL, models.CASCADE)`,
        ),
        "conf/settings.py": `INSTALLED_APPS = ["shop"]\nDEBUG = True\nSHOP_AUTHOR_MODEL = "shop.Author"`,
      },
      { "shop.Book.author": "fk shop.Author <- book_set" },
    ],
    [
      "a function of the project that returns the field",
      shop(
        `${author}def author_key(to, **options):\n    return models.ForeignKey(to, models.CASCADE, **options)\nclass Book(models.Model):\n    author = author_key(Author, related_name="books")`,
      ),
      { "shop.Book.author": "fk shop.Author <- books" },
    ],
    [
      "a field class of the project that knows its target",
      shop(
        `${author}class AuthorKey(models.ForeignKey):\n    def __init__(self, **kwargs):\n        kwargs.setdefault("to", "shop.Author")\n        super().__init__(**kwargs)\nclass Book(models.Model):\n    author = AuthorKey(related_name="books", on_delete=models.CASCADE)`,
      ),
      { "shop.Book.author": "fk shop.Author <- books" },
    ],
    [
      "tags of taggit, through a model of the project",
      shop(
        `from taggit.managers import TaggableManager\nfrom taggit.models import TaggedItemBase, TagBase\nclass Label(TagBase): pass\nclass LabelledBook(TaggedItemBase):\n    content_object = models.ForeignKey("Book", models.CASCADE)\n    tag = models.ForeignKey(Label, models.CASCADE)\nclass Book(models.Model):\n    tags = TaggableManager(through=LabelledBook)\nclass Map(models.Model):\n    tags = TaggableManager()`,
      ),
      { "shop.Book.tags": "m2m shop.Label via shop.LabelledBook", "shop.Map.tags": "m2m taggit.Tag via taggit.TaggedItem" },
    ],
    [
      "a tree of mptt",
      shop(
        `from mptt.models import MPTTModel, TreeForeignKey\nclass Genre(MPTTModel):\n    parent = TreeForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")`,
      ),
      { "shop.Genre.children": "fk-reverse shop.Genre <- parent", "shop.Genre.lft": "column PositiveIntegerField" },
    ],
    [
      "a page of wagtail and its children's keys",
      shop(
        `from wagtail.models import Page, Orderable\nfrom modelcluster.fields import ParentalKey\nclass BlogPage(Page): pass\nclass Link(Orderable):\n    page = ParentalKey(BlogPage, on_delete=models.CASCADE, related_name="links")`,
      ),
      {
        "shop.BlogPage.page_ptr": "mti-parent wagtailcore.Page <- blogpage",
        "shop.BlogPage.links": "fk-reverse shop.Link <- page",
        "shop.BlogPage.owner": "fk auth.User <- owned_pages",
      },
    ],
    [
      "a form page of wagtail and its fields",
      shop(
        `from wagtail.contrib.forms.models import AbstractEmailForm, AbstractFormField\nfrom modelcluster.fields import ParentalKey\nclass Contact(AbstractEmailForm): pass\nclass Question(AbstractFormField):\n    page = ParentalKey(Contact, on_delete=models.CASCADE, related_name="form_fields")`,
      ),
      {
        "shop.Contact.page_ptr": "mti-parent wagtailcore.Page <- contact",
        "shop.Contact.subject": "column CharField",
        "shop.Contact.form_fields": "fk-reverse shop.Question <- page",
        "shop.Question.label": "column CharField",
      },
    ],
    [
      "history of simple_history",
      shop(
        `from simple_history.models import HistoricalRecords\n${author}class Book(models.Model):\n    title = models.CharField(max_length=9)\n    author = models.ForeignKey(Author, models.CASCADE)\n    history = HistoricalRecords()`,
      ),
      {
        "shop.Book.history": "fk-reverse shop.HistoricalBook",
        "shop.HistoricalBook.author": "fk shop.Author",
        "shop.HistoricalBook.title": "column CharField",
      },
    ],
    [
      "a field of a package that was not read, by its name",
      shop(
        `from sorting.fields import SortedManyToManyField\nfrom lib import StarField\nclass Tag(models.Model): pass\nclass Book(models.Model):\n    tags = SortedManyToManyField(Tag)\n    stars = StarField()`,
      ),
      { "shop.Book.tags": "m2m shop.Tag <- book_set via shop.Book_tags", "shop.Book.stars": "column StarField" },
    ],
  ];
  it.each(cases)("%s", (_, files, facts) => {
    const { graph } = readTestProject(files);
    const shown = Object.fromEntries(Object.keys(facts).map((path) => [path, showRelation(graph, path)]));
    expect(shown).toEqual(facts);
    expect(graph.unresolved).toEqual([]);
  });

  it("says which targets it could not find", () => {
    const { graph } = readTestProject(shop(`class Book(models.Model):\n    x = models.ForeignKey("gone.Model", models.CASCADE)`));
    expect(graph.unresolved).toEqual([{ model: "shop.Book", field: "x", target: "gone.Model" }]);
  });
});

describe("the user model", () => {
  const account = { "account/__init__.py": "", "account/models.py": `from django.contrib.auth.models import AbstractUser\nclass Member(AbstractUser): pass` };
  const uses = `from django.conf import settings\nfrom django.contrib.auth import get_user_model\nclass Book(models.Model):\n    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)\n    editor = models.ForeignKey(get_user_model(), models.CASCADE, related_name="edited")`;

  it("is Django's own where nothing is said", () => {
    const { graph } = readTestProject(shop(uses));
    expect(showRelation(graph, "shop.Book.owner")).toBe("fk auth.User <- book_set");
    expect(showRelation(graph, "auth.User.groups")).toBe("m2m auth.Group <- user_set via auth.User_groups");
  });

  it("is the one of AUTH_USER_MODEL, and auth.User is no more", () => {
    const settings = { "conf/settings.py": `INSTALLED_APPS = ["account", "shop", "django.contrib.auth"]\nAUTH_USER_MODEL = "account.Member"\nDEBUG = 1` };
    const { graph, program } = readTestProject({ ...shop(uses), ...account, ...settings });
    expect(showRelation(graph, "shop.Book.owner")).toBe("fk account.Member <- book_set");
    expect(showRelation(graph, "account.Member.edited")).toBe("fk-reverse shop.Book <- editor");
    expect(showRelation(graph, "account.Member.groups")).toBe("m2m auth.Group <- user_set via account.Member_groups");
    expect(graph.models.has("auth.User")).toBe(false);
    const user = program.resolveDotted("django.contrib.auth.models.User");
    expect(user?.kind === "class" && graph.ofClass(user.cls)?.label).toBe("account.Member");
  });

  it("is what a class that extends get_user_model() inherits from", () => {
    const proxy = `from django.contrib.auth import get_user_model\nUser = get_user_model()\nclass Reader(User):\n    class Meta:\n        proxy = True\nclass Book(models.Model):\n    readers = models.ManyToManyField(Reader)`;
    expect(showRelation(readTestProject(shop(proxy)).graph, "shop.Book.readers")).toBe("m2m shop.Reader <- book_set via shop.Book_readers");
    expect(readTestProject(shop(proxy)).graph.byLabel("shop.Reader")?.fields.has("email")).toBe(true);
    const settings = { "conf/settings.py": `INSTALLED_APPS = ["account", "shop", "django.contrib.auth"]\nAUTH_USER_MODEL = "account.Member"\nDEBUG = 1` };
    const member = {
      "account/__init__.py": "",
      "account/models.py": "from .users import Member",
      "account/users.py": `from django.contrib.auth.models import AbstractUser\nfrom django.db import models\nclass Member(AbstractUser):\n    city = models.CharField(max_length=9)`,
    };
    const { graph } = readTestProject({ ...shop(proxy), ...member, ...settings });
    expect(graph.byLabel("shop.Reader")?.fields.has("city")).toBe(true);
  });

  it("without settings is the project's only user class", () => {
    const { graph } = readTestProject({ ...shop(uses), ...account });
    expect(showRelation(graph, "shop.Book.owner")).toBe("fk account.Member <- book_set");
  });
});

describe("a model", () => {
  const one = (body: string, name = "shop.Book") => {
    const model = readTestProject(shop(body)).graph.byLabel(name);
    if (!model) throw new Error(`no model ${name}`);
    return model;
  };

  it("has an implicit key, or its own", () => {
    expect(one("class Book(models.Model): pass").primaryKey).toBe("id");
    const keyed = one("class Book(models.Model):\n    isbn = models.CharField(max_length=13, primary_key=True)");
    expect([keyed.primaryKey, keyed.fields.has("id")]).toEqual(["isbn", false]);
    expect(one("class A(models.Model): pass\nclass Book(A): pass").primaryKey).toBe("a_ptr");
  });

  it("knows its columns' flags", () => {
    const fields = one(
      `NULLABLE = {"null": True, "blank": True}\nclass Book(models.Model):\n    a = models.CharField(max_length=1, **NULLABLE)\n    b = models.SlugField()\n    c = models.DateTimeField(auto_now=True)\n    d = models.IntegerField(unique=True)\n    e = models.IntegerField()\n    f = models.IntegerField()\n    class Meta:\n        indexes = [models.Index(fields=["-e", "f"])]`,
    ).fields;
    const flags = (name: string) => {
      const { null: isNull, unique, indexed, autoNow } = fields.get(name) ?? { null: null, unique: null, indexed: null, autoNow: null };
      return [isNull, unique, indexed, autoNow];
    };
    expect({ a: flags("a"), b: flags("b"), c: flags("c"), d: flags("d"), e: flags("e"), f: flags("f") }).toEqual({
      a: [true, false, false, false],
      b: [false, false, true, false],
      c: [false, false, false, true],
      d: [false, true, true, false],
      e: [false, false, true, false],
      f: [false, false, false, false],
    });
  });

  it("places a field where it is declared", () => {
    const files = shop("class Book(models.Model):\n    title = models.CharField(max_length=9)");
    const span = readTestProject(files).graph.byLabel("shop.Book")?.fields.get("title")?.span;
    expect(files[span?.file ?? ""]?.slice(span?.start, span?.end)).toBe("models.CharField(max_length=9)");
  });

  it.each([
    ["its own", `class Book(models.Model):\n    class Meta:\n        ordering = ("-date", models.F("title").desc())`, ["-date", "-title"]],
    ["an abstract base's Meta", `class B(models.Model):\n    class Meta:\n        abstract = True\n        ordering = ["a"]\nclass Book(B): pass`, ["a"]],
    [
      "an abstract base's, extended",
      `class B(models.Model):\n    class Meta:\n        abstract = True\n        ordering = ["a"]\nclass Book(B):\n    class Meta(B.Meta):\n        verbose_name = "x"`,
      ["a"],
    ],
    [
      "nothing, where Meta is new",
      `class B(models.Model):\n    class Meta:\n        abstract = True\n        ordering = ["a"]\nclass Book(B):\n    class Meta:\n        verbose_name = "x"`,
      [],
    ],
    ["a multi-table parent's", `class P(models.Model):\n    class Meta:\n        ordering = ["p"]\nclass Book(P): pass`, ["p"]],
    [
      "nothing, taken away from a parent",
      `class P(models.Model):\n    class Meta:\n        ordering = ["p"]\nclass Book(P):\n    class Meta:\n        ordering = []`,
      [],
    ],
  ])("is ordered by %s", (_, body, ordering) => {
    expect(one(body).ordering).toEqual(ordering);
  });

  it("stays concrete when it extends an abstract base's Meta", () => {
    expect(one("class B(models.Model):\n    class Meta:\n        abstract = True\nclass Book(B):\n    class Meta(B.Meta):\n        pass").isAbstract).toBe(
      false,
    );
  });

  it("says what is unique together", () => {
    const body = `class Book(models.Model):\n    class Meta:\n        unique_together = ("a", "b")\n        constraints = [models.UniqueConstraint(fields=["c"], name="x"), models.UniqueConstraint(fields=["d"], condition=models.Q(a=1), name="y")]`;
    expect(one(body).uniqueTogether).toEqual([["a", "b"], ["c"]]);
  });

  it("is found when a base class was not read", () => {
    expect(one("from package.models import Base\nclass Book(Base):\n    title = models.TextField()").label).toBe("shop.Book");
  });

  it.each([
    ["from kit.models import AbstractBook\nclass Book(AbstractBook): pass", ["shop.Book"]],
    ["from kit.catalogue.abstract_models import AbstractBook\nclass Book(AbstractBook):\n    def price(self): ...", ["shop.Book"]],
    ["from kit.models import TreeManager, BookQuerySet, StarField, SlugMixin\nclass Manager(TreeManager): pass\nclass Books(BookQuerySet): pass", []],
    ["from kit.models import AbstractBook\nclass BookMixin(AbstractBook): pass", []],
    ["from kit.api import Client\nclass Books(Client): pass", []],
  ])("whose fields a package that was not read declares: %s", (body, labels) => {
    const { graph } = readTestProject(shop(body));
    expect([...graph.models.values()].filter(({ cls }) => cls.module.origin === "project").map(({ label }) => label)).toEqual(labels);
    const beside = readTestProject({ ...shop(""), "shop/services.py": body }).graph.models;
    expect([...beside.values()].filter(({ cls }) => cls.module.origin === "project")).toEqual([]);
  });

  it("is told from forms and serializers", () => {
    const { graph } = readTestProject(
      shop("from django import forms\nclass BookForm(forms.ModelForm):\n    title = forms.CharField()\n    note = models.TextField()"),
    );
    expect([...graph.models.values()].filter((model) => model.cls.module.origin === "project")).toEqual([]);
  });
});

describe("managers", () => {
  const querysets = "class BookQuerySet(models.QuerySet): pass\n";
  const standIn =
    "class Forwards(type):\n    def __getattr__(cls, name):\n        return getattr(cls.stands_for, name)\nclass StandIn(metaclass=Forwards):\n    stands_for = None\n";
  const cases: readonly [trap: string, body: string, defaultManager: string, shown: string][] = [
    ["the plain one", "class Book(models.Model): pass", "objects", "objects - -"],
    ["as_manager", `${querysets}class Book(models.Model):\n    objects = BookQuerySet.as_manager()`, "objects", "objects - BookQuerySet"],
    ["as_manager of an instance", `${querysets}class Book(models.Model):\n    objects = BookQuerySet().as_manager()`, "objects", "objects - BookQuerySet"],
    [
      "from_queryset with the class by keyword",
      `${querysets}class Book(models.Model):\n    books = models.Manager.from_queryset(queryset_class=BookQuerySet)()`,
      "books",
      "books - BookQuerySet",
    ],
    ["from_queryset", `${querysets}class Book(models.Model):\n    books = models.Manager.from_queryset(BookQuerySet)()`, "books", "books - BookQuerySet"],
    [
      "from_queryset by name",
      `${querysets}BookManager = models.Manager.from_queryset(BookQuerySet)\nclass Book(models.Model):\n    objects = BookManager()`,
      "objects",
      "objects - BookQuerySet",
    ],
    [
      "from_queryset of a part of a call",
      `from functools import partial\n${querysets}class Book(models.Model):\n    books = models.Manager.from_queryset(partial(BookQuerySet, hint=1))()`,
      "books",
      "books - BookQuerySet",
    ],
    [
      "from_queryset as a base",
      `${querysets}class BookManager(models.Manager.from_queryset(BookQuerySet)): pass\nclass Book(models.Model):\n    objects = BookManager()`,
      "objects",
      "objects BookManager BookQuerySet",
    ],
    [
      "from_queryset of a manager that makes others",
      `${querysets}class ShelfQuerySet(models.QuerySet): pass\nclass ShelfManager(models.Manager):\n    def get_queryset(self):\n        return ShelfQuerySet(self.model)\nclass BookManager(ShelfManager.from_queryset(BookQuerySet)): pass\nclass Book(models.Model):\n    objects = BookManager()`,
      "objects",
      "objects BookManager BookQuerySet",
    ],
    [
      "a queryset of a package that was not read",
      `from soft import ShelfQuerySet, ShelfMixin\nclass BookQuerySet(ShelfQuerySet): pass\nclass BookManager(models.Manager.from_queryset(BookQuerySet), ShelfMixin): pass\nclass Book(models.Model):\n    objects = BookManager()`,
      "objects",
      "objects BookManager BookQuerySet",
    ],
    [
      "what only its annotation says",
      `from typing import ClassVar\nfrom lazy import Lazy\n${querysets}class BookManager(models.Manager.from_queryset(BookQuerySet)): pass\nclass Book(models.Model):\n    objects: ClassVar[BookManager] = Lazy.new()`,
      "objects",
      "objects BookManager BookQuerySet",
    ],
    [
      "what only its quoted annotation says",
      `from lazy import Lazy\n${querysets}class BookManager(models.Manager.from_queryset(BookQuerySet)): pass\nclass Book(models.Model):\n    books: "BookManager" = Lazy.new()`,
      "books",
      "books BookManager BookQuerySet",
    ],
    [
      "a base that is given the querysets in brackets",
      `${querysets}class TypedManager(models.Manager):\n    def __class_getitem__(cls, item):\n        return models.Manager.from_queryset(item[1])\nclass BookManager(TypedManager["Book", BookQuerySet]): pass\nclass Book(models.Model):\n    objects = BookManager()`,
      "objects",
      "objects BookManager BookQuerySet",
    ],
    [
      "get_queryset",
      `${querysets}class BookManager(models.Manager):\n    def get_queryset(self):\n        return BookQuerySet(self.model, using=self._db).filter(a=1)\nclass Book(models.Model):\n    objects = BookManager()`,
      "objects",
      "objects BookManager BookQuerySet",
    ],
    [
      "a class that stands for the one that it names",
      `${querysets}${standIn}class Books(StandIn):\n    stands_for = BookQuerySet\nclass Book(models.Model):\n    objects = Books.as_manager()`,
      "objects",
      "objects - BookQuerySet",
    ],
    [
      "stand-ins for both",
      `${querysets}class BookManager(models.Manager): pass\n${standIn}class Books(StandIn):\n    stands_for = BookQuerySet\nclass Shelf(StandIn):\n    stands_for = BookManager\nclass Upper(Shelf): pass\nclass Book(models.Model):\n    objects = Upper.from_queryset(Books)()`,
      "objects",
      "objects BookManager BookQuerySet",
    ],
    [
      "a class that names one and makes objects of its own",
      `class BookManager(models.Manager): pass\nclass Tracker:\n    manager = BookManager\nclass Book(models.Model):\n    tracker = Tracker()`,
      "objects",
      "objects - -",
    ],
    [
      "a function that is given the class",
      `class M(models.Manager): pass\ndef wrapped(klass, *, translated=False):\n    if translated:\n        class Translated(klass): pass\n        return Translated()\n    return klass()\nclass Book(models.Model):\n    objects = wrapped(M)\n    named = wrapped(klass=M)`,
      "objects",
      "objects M - | named M -",
    ],
    [
      "a function that knows the class",
      `${querysets}class M(models.Manager): pass\ndef plain(): return M()\ndef made():\n    return models.Manager.from_queryset(BookQuerySet)()\nclass Book(models.Model):\n    objects = plain()\n    books = made()`,
      "objects",
      "objects M - | books - BookQuerySet",
    ],
    [
      "a function that makes something else",
      `class M(models.Manager): pass\nclass Tracker: pass\ndef tracked(klass):\n    return Tracker(klass)\ndef label(text): return text.title()\nclass Book(models.Model):\n    tracker = tracked(M)\n    label = label("a")`,
      "objects",
      "objects - -",
    ],
    [
      "annotations where the call does not tell",
      `from typing import ClassVar\nfrom kit import Later, InheritanceManager\nclass M(models.Manager): pass\nclass Book(models.Model):\n    objects: ClassVar[M] = Later.new()\n    live: M = InheritanceManager()\n    label: str = Later.new()\n    plain: ClassVar[models.Manager] = M()`,
      "objects",
      "objects M - | live M - | plain M -",
    ],
    [
      "an abstract base's",
      `class M(models.Manager): pass\nclass B(models.Model):\n    rows = M()\n    class Meta:\n        abstract = True\nclass Book(B): pass`,
      "rows",
      "rows M -",
    ],
    [
      "the first declared",
      `class M(models.Manager): pass\nclass Book(models.Model):\n    live = M()\n    objects = models.Manager()`,
      "live",
      "live M - | objects - -",
    ],
    [
      "default_manager_name",
      `class M(models.Manager): pass\nclass Book(models.Model):\n    live = M()\n    objects = models.Manager()\n    class Meta:\n        default_manager_name = "objects"`,
      "objects",
      "live M - | objects - -",
    ],
  ];
  it.each(cases)("%s", (_, body, defaultManager, shown) => {
    const model = readTestProject(shop(body)).graph.byLabel("shop.Book");
    const text = [...(model?.managers.values() ?? [])].map((each) => `${each.name} ${each.manager?.name ?? "-"} ${each.queryset?.name ?? "-"}`);
    expect([model?.defaultManager, text.join(" | ")]).toEqual([defaultManager, shown]);
  });
});

describe("signals", () => {
  const two = "class Book(models.Model):\n    tags = models.ManyToManyField('Map')\nclass Map(models.Model): pass\n";
  const receivers = (body: string): Files => ({
    ...shop(two),
    "shop/signals.py": `from django.db.models.signals import m2m_changed, post_delete, post_save\nfrom django.dispatch import receiver\n${body}`,
  });
  const cases: readonly [trap: string, files: Files, book: readonly string[], map: readonly string[]][] = [
    [
      "a decorator",
      receivers("from shop.models import Book\n@receiver([post_save, post_delete], sender=Book)\ndef f(**k): pass"),
      ["post_delete", "post_save"],
      [],
    ],
    ["a label", receivers(`@receiver(post_save, sender="shop.Map")\ndef f(**k): pass`), [], ["post_save"]],
    ["every sender", receivers("@receiver(post_save)\ndef f(**k): pass"), ["post_save"], ["post_save"]],
    [
      "an import inside ready()",
      {
        ...shop(two),
        "shop/apps.py":
          "from django.apps import AppConfig\nfrom django.db.models.signals import post_save\nclass C(AppConfig):\n    name = 'shop'\n    def ready(self):\n        from .models import Book\n        post_save.connect(print, sender=Book)",
      },
      ["post_save"],
      [],
    ],
    [
      "a loop over models",
      receivers("from shop.models import Book, Map\nfor model in (Book, Map):\n    post_save.connect(print, sender=model)"),
      ["post_save"],
      ["post_save"],
    ],
    ["a sender by position", receivers("from shop.models import Book\npost_save.connect(print, Book)"), ["post_save"], []],
    [
      "a loop over models by position",
      receivers("from shop.models import Book, Map\nfor model in (Book, Map):\n    post_delete.connect(print, model, dispatch_uid='x')"),
      ["post_delete"],
      ["post_delete"],
    ],
    [
      "a class that connects what it is handed",
      receivers(
        "from shop.models import Book, Map\nclass Receiver:\n    def __init__(self, signal, sender, function): pass\nall = (Receiver(post_save, Book, print), Receiver(post_delete, sender=Map, function=print))\n",
      ),
      ["post_save"],
      ["post_delete"],
    ],
    [
      "a signal that is switched off",
      receivers("from shop.models import Book\nfrom tools import off\nwith off(post_save, Book): pass\npost_save.disconnect(print, Book)"),
      [],
      [],
    ],
    ["a sender that is no model", receivers("from celery import app\npost_save.connect(print, sender=app)"), [], []],
  ];
  it.each(cases)("with %s", (_, files, book, map) => {
    const { graph } = readTestProject(files);
    expect([graph.byLabel("shop.Book")?.signals, graph.byLabel("shop.Map")?.signals]).toEqual([book, map]);
  });

  it("of a through table", () => {
    const { graph } = readTestProject(receivers("from shop.models import Book\nm2m_changed.connect(print, sender=Book.tags.through)"));
    expect(graph.byLabel("shop.Book_tags")?.signals).toEqual(["m2m_changed"]);
  });

  it("of a through table that Django makes, whose two ends are unique together", () => {
    const body =
      "class Tag(models.Model): pass\nclass Book(models.Model):\n    tags = models.ManyToManyField(Tag)\n    sequels = models.ManyToManyField('self')";
    const { graph } = readTestProject(shop(body));
    expect(graph.byLabel("shop.Book_tags")?.uniqueTogether).toEqual([["book", "tag"]]);
    expect(graph.byLabel("shop.Book_sequels")?.uniqueTogether).toEqual([["from_book", "to_book"]]);
  });
});

describe("labels", () => {
  it("are found in any case, short where there is one, near before far", () => {
    const files = { ...shop(author), "crm/__init__.py": "", "crm/models.py": models("class Author(models.Model): pass\nclass Lead(models.Model): pass") };
    const { graph } = readTestProject(files);
    expect(graph.byLabel("SHOP.author")?.label).toBe("shop.Author");
    expect(graph.byLabel("lead")?.label).toBe("crm.Lead");
    expect(graph.byLabel("Author")).toBeNull();
    expect(graph.byLabel("Author", "crm")?.label).toBe("crm.Author");
  });

  it("of two projects' models do not meet", () => {
    const project = (folder: string): Files => ({
      [`${folder}/manage.py`]: "",
      [`${folder}/core/__init__.py`]: "",
      [`${folder}/core/models.py`]: models(`class Item(models.Model): pass\nclass Line(models.Model):\n    item = models.ForeignKey(Item, models.CASCADE)`),
      [`${folder}/core/views.py`]: "from core.models import Item",
    });
    const { graph } = readTestProject({ ...project("one"), ...project("two") });
    const items = [...graph.models.values()].filter((model) => model.name === "Item");
    expect(items.map((item) => [...item.fields.values()].find((field) => field.name === "line_set")?.relation?.kind)).toEqual(["fk-reverse", "fk-reverse"]);
  });
});

describe("any text gives a graph", () => {
  const text = models(
    `from django.contrib.contenttypes.fields import GenericRelation\nclass A(models.Model):\n    b = models.ForeignKey("B", models.CASCADE, related_name="%(class)s_set")\n    c = GenericRelation("B")\n    class Meta:\n        abstract = True\n        ordering = ["b"]\nclass B(A):\n    a = models.ManyToManyField("self", through="C")\n    objects = models.Manager.from_queryset(Q)()\nclass C(B):\n    class Meta(A.Meta):\n        proxy = True\n`,
  );

  it("with any part of it cut out or doubled", () => {
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(60), fc.boolean(), (start, length, isDoubled) => {
        const part = text.slice(start, start + length);
        const mutated = text.slice(0, start) + (isDoubled ? part + part : "") + text.slice(start + length);
        const { graph } = readTestProject({ "shop/models.py": mutated, "shop/settings.py": `INSTALLED_APPS = ["shop"] + X\n${mutated}` });
        expect(graph.models.size).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ["inheritance that goes round", "class A(B, models.Model): pass\nclass B(A): pass\nclass C(C): pass"],
    ["Meta that goes round", "class A(models.Model):\n    class Meta(A.Meta): pass\nclass B(models.Model):\n    Meta = Meta"],
    ["a proxy of itself", "class A(A):\n    x = models.TextField()\n    class Meta:\n        proxy = True"],
    [
      "fields made by functions that call each other",
      "def f(): return g()\ndef g(): return f()\nclass A(models.Model):\n    x = f()\n    y = models.ForeignKey(f(), models.CASCADE)",
    ],
    ["names that mean each other", "X = Y\nY = X\nclass A(X, models.Model):\n    y = models.ForeignKey(Y, models.CASCADE, related_name=X)"],
  ])("with %s", (_, body) => {
    expect(readTestProject(shop(body)).graph.models.size).toBeGreaterThanOrEqual(0);
  });
});
