import { describe, expect, it } from "vitest";
import { openPythonParser } from "../python/parser.ts";
import { buildProgram } from "../python/program.ts";
import { isExternal } from "../python/resolve-class.ts";
import { loadStubs } from "./load-stubs.ts";

const parser = await openPythonParser();
const stubs = loadStubs();
const modules = stubs.map(({ file, text, ...stub }) => ({ ...stub, origin: "builtin" as const, ir: parser.lower(file, text) }));
const program = buildProgram(modules);

describe("the stubs", () => {
  it("are named as they are imported", () => {
    expect(stubs.find((stub) => stub.name === "django.db.models")).toMatchObject({ isPackage: true, file: "builtin/django/db/models/__init__.py" });
    expect(stubs.find((stub) => stub.name === "django.db.models.base")?.isPackage).toBe(false);
  });

  it.each(modules)("$name can be read whole", ({ ir }) => {
    expect(ir.errors).toEqual([]);
  });

  it("import nothing that is not there", () => {
    const missing = [...program.modules.values()].flatMap((module) =>
      [...module.scope].flatMap(([name, definitions]) =>
        definitions
          .filter((each) => each.kind === "import" && name !== "*")
          .map(() => program.resolve(module, name))
          .flatMap((symbol) =>
            symbol?.kind === "external" && !/^(django\.conf\.settings|luthier|typing\.\w+)$/.test(symbol.name) ? [`${module.name}: ${symbol.name}`] : [],
          ),
      ),
    );
    expect(missing).toEqual([]);
  });

  it("have classes with known bases only", () => {
    const unknown = program.classes.flatMap((cls) =>
      program
        .mro(cls)
        .filter(isExternal)
        .map((base) => `${cls.id}: ${base.name}`),
    );
    expect(unknown.filter((each) => !/: (?:Exception|str|int|type)$/.test(each))).toEqual([]);
  });

  it.each([
    ["django.db.models.base.Model", "django.db.models.Model"],
    ["django.db.models.fields.CharField", "django.db.models.CharField"],
    ["django.db.models.fields.related.ForeignKey", "django.db.models.ForeignKey"],
    ["django.db.models.query.QuerySet", "django.db.models.QuerySet"],
    ["django.db.models.manager.Manager", "django.db.models.Manager"],
    ["django.contrib.gis.db.models.Model", "django.db.models.Model"],
    ["django.contrib.auth.models.AbstractBaseUser", "django.contrib.auth.base_user.AbstractBaseUser"],
    ["wagtail.core.models.Page", "wagtail.models.Page"],
    ["wagtail.wagtailcore.models.Page", "wagtail.models.Page"],
    ["wagtail.wagtailimages.models.Image", "wagtail.images.models.Image"],
    ["wagtail.wagtaildocs.models.Document", "wagtail.documents.models.Document"],
  ])("lead from %s to %s", (dotted, id) => {
    const symbol = program.followAlias(program.resolveDotted(dotted));
    expect(symbol?.kind === "class" && symbol.cls.id).toBe(id);
  });
});
