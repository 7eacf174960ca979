/** Every adapter's hooks, and the folders of its stubs. An adapter is a folder with `stubs/` and, if need be, `hooks.ts`. */
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Engine, Hook } from "../dataflow/engine.ts";
import { adminHooks } from "./admin/hooks.ts";
import { cacheHooks } from "./caches/hooks.ts";
import { drfHooks } from "./drf/hooks.ts";
import { exportHooks } from "./export/hooks.ts";
import { formHooks } from "./forms/hooks.ts";
import { graphqlHooks } from "./graphql/hooks.ts";
import { jsonApiHooks } from "./jsonapi/hooks.ts";
import { libraryHooks } from "./library/hooks.ts";
import { ninjaHooks } from "./ninja/hooks.ts";
import { pythonHooks } from "./python/hooks.ts";
import { searchHooks } from "./search/hooks.ts";
import { signalHooks } from "./signals/hooks.ts";
import { strawberryHooks } from "./strawberry/hooks.ts";
import { tableHooks } from "./tables/hooks.ts";
import { tenantHooks } from "./tenants/hooks.ts";
import { wagtailHooks } from "./wagtail/hooks.ts";
import { viewHooks } from "./views/hooks.ts";

export type HookTable = Readonly<Record<string, (engine: Engine) => Hook>>;

export function frameworkHooks(): ReadonlyMap<string, (engine: Engine) => Hook> {
  const all: HookTable = {
    ...pythonHooks,
    ...viewHooks,
    ...drfHooks,
    ...adminHooks,
    ...formHooks,
    ...tableHooks,
    ...libraryHooks,
    ...exportHooks,
    ...searchHooks,
    ...signalHooks,
    ...graphqlHooks,
    ...strawberryHooks,
    ...wagtailHooks,
    ...ninjaHooks,
    ...cacheHooks,
    ...tenantHooks,
    ...jsonApiHooks,
  };
  return new Map(Object.entries(all));
}

const home = new URL(".", import.meta.url);

/** Folders of Python stubs, each laid out like the packages that it describes. */
export function stubFolders(): readonly string[] {
  return readdirSync(home)
    .map((name) => fileURLToPath(new URL(`${name}/stubs`, home)))
    .filter((folder) => existsSync(folder));
}

/**
 * A package that was not read often subclasses a known class and keeps its name's ending: `VersionAdmin`,
 * `WritableNestedModelSerializer`. Its subclasses are taken for those of the known class.
 */
export const standIns = [
  ["ListSerializer", "rest_framework.serializers.ListSerializer"],
  ["ModelSerializer", "rest_framework.serializers.ModelSerializer"],
  ["Serializer", "rest_framework.serializers.Serializer"],
  ["ReadOnlyModelViewSet", "rest_framework.viewsets.ReadOnlyModelViewSet"],
  ["ModelViewSet", "rest_framework.viewsets.ModelViewSet"],
  ["ViewSet", "rest_framework.viewsets.GenericViewSet"],
  ["APIView", "rest_framework.views.APIView"],
  ["TabularInline", "django.contrib.admin.TabularInline"],
  ["StackedInline", "django.contrib.admin.StackedInline"],
  ["Admin", "django.contrib.admin.ModelAdmin"],
  ["ListView", "django.views.generic.ListView"],
  ["DetailView", "django.views.generic.DetailView"],
  ["TemplateView", "django.views.generic.TemplateView"],
  ["FormView", "django.views.generic.FormView"],
  ["CreateView", "django.views.generic.CreateView"],
  ["UpdateView", "django.views.generic.UpdateView"],
  ["DeleteView", "django.views.generic.DeleteView"],
  ["AbstractUser", "django.contrib.auth.models.AbstractUser"],
  ["ModelForm", "django.forms.ModelForm"],
  ["ModelChoiceField", "django.forms.ModelChoiceField"],
] as const;
