import { expect, test } from "vitest";
import type { EditDraft, PythonModule } from "../model/index.ts";
import { openPythonParser } from "../python/parser.ts";
import { addImports } from "./add-import.ts";

type Case = readonly [name: string, before: string, names: readonly string[], after: string, called?: readonly string[]];

const CASES: readonly Case[] = [
  [
    "among sorted names",
    "from django.db.models import Count, Prefetch, signals\n",
    ["Exists", "OuterRef"],
    "from django.db.models import Count, Exists, OuterRef, Prefetch, signals\n",
  ],
  ["behind names that are not sorted", "from django.db.models import Sum, Count\n", ["Avg"], "from django.db.models import Sum, Count, Avg\n"],
  [
    "names on lines",
    "from django.db.models import (\n    Count,\n    Sum,\n)\n",
    ["Exists", "Value"],
    "from django.db.models import (\n    Count,\n    Exists,\n    Sum,\n    Value,\n)\n",
  ],
  ["names with another name", "from django.db.models import Count as C, Sum\n", ["Exists"], "from django.db.models import Count as C, Exists, Sum\n"],
  [
    "beside a comment",
    "from django.db.models import (  # noqa\n    Count,\n)\n",
    ["Sum"],
    "from django.db.models import (  # noqa\n    Count,\n)\nfrom django.db.models import Sum\n",
  ],
  [
    "after a module that sorts before",
    "import os\n\nfrom django.conf import settings\nfrom django.urls import path\n\nfrom shop import x\n",
    ["Count"],
    "import os\n\nfrom django.conf import settings\nfrom django.db.models import Count\nfrom django.urls import path\n\nfrom shop import x\n",
  ],
  [
    "before one that sorts after",
    "from django.urls import path  # mine\n",
    ["Count"],
    "from django.db.models import Count\nfrom django.urls import path  # mine\n",
  ],
  [
    "before the project's own",
    "import os\n\nfrom .models import Book\n",
    ["Count"],
    "import os\n\nfrom django.db.models import Count\n\nfrom .models import Book\n",
  ],
  ["without any import", '"""Doc."""\nx = 1\n', ["Count"], '"""Doc."""\nfrom django.db.models import Count\n\nx = 1\n'],
  ["through the package", "from django.db import models\n", ["Count"], "from django.db import models\n", ["models.Count"]],
  ["what is there", "from django.db.models import Count as C\n", ["Count"], "from django.db.models import Count as C\n", ["C"]],
];

test.each(CASES.map((one) => [one[0], one] as const))("%s", async (_name, [, before, names, after, called = names]) => {
  const ir = (await openPythonParser()).lower("shop/code.py", before);
  const module: PythonModule = { name: "shop.code", isPackage: false, origin: "project", ir, scope: new Map(), classes: new Map() };
  const found = addImports(module, before, "django.db.models", names);
  expect([applied(before, found.edits), found.names]).toEqual([after, called]);
});

function applied(text: string, edits: readonly EditDraft[]): string {
  const ordered = edits.toSorted((a, b) => b.span.start - a.span.start);
  return ordered.reduce((whole, { span, text: added }) => whole.slice(0, span.start) + added + whole.slice(span.end), text);
}
