/** A call of a task that a queue takes sends none of its queries; calls of other tasks are calls. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

async function asked(imported: string, decorator: string, call: string): Promise<number> {
  const { findings } = await analyseShop({
    "shop/tasks.py": `${imported}

from shop.models import Customer


${decorator}
def greet(pk):
    print(Customer.objects.get(pk=pk).name)


def greet_all():
    for customer in Customer.objects.all():
        ${call}
`,
  });
  return findings.filter(({ rule }) => rule === "query-in-loop").length;
}

test("a call of a task of huey's is put into its queue", async () => {
  expect(await asked("from django_huey import db_task", "@db_task(priority=90)", "greet(customer.pk)")).toBe(0);
  expect(await asked("from huey.contrib.djhuey import task as job", "@job()", "greet(customer.pk, delay=9)")).toBe(0);
  expect(await asked("from huey.contrib import djhuey", "@djhuey.db_task()", "greet(customer.pk)")).toBe(0);
});

test("what runs it here runs it here", async () => {
  expect(await asked("from django_huey import db_task", "@db_task()", "greet.call_local(customer.pk)")).toBe(1);
  expect(await asked("from celery import shared_task", "@shared_task", "greet(customer.pk)")).toBe(1);
});
