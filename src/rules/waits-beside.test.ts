/** A query beside a call out, which each round waits for. */
import { expect, test } from "vitest";
import { analyseShop } from "../../tests/support/fixture-project.ts";

async function told(round: string, more = ""): Promise<readonly string[]> {
  const body = `for order in Order.objects.all():\n    ${round.replaceAll("\n", "\n    ")}`;
  const report = await analyseShop({
    "shop/work.py": `import requests\n\nfrom shop.models import Order, Tag\n\n\n${more}def work(request):\n${body.replaceAll(/^(?=.)/gm, "    ")}\n`,
  });
  return report.findings
    .filter(({ rule }) => rule === "query-in-loop" || rule === "aggregate-in-loop")
    .map(({ confidence, doubt }) => `${confidence}: ${doubt}`);
}

const WAITS = "possible: each round waits for `requests.post`, beside which a query weighs little";
const COUNTS = "certain: a loop over one row saves one query";
const ASKS = "certain: a loop over one row costs nothing more";

test("a query weighs little in a round that calls another service", async () => {
  expect(await told("tag = Tag.objects.get(name=order.status)\nrequests.post(request.url, json=tag.name)")).toEqual([WAITS]);
  expect(await told("requests.post(request.url, json=order.lines.count())")).toEqual([WAITS]);
  expect(await told("if order.paid:\n    requests.post(request.url, json=order.lines.count())")).toEqual([WAITS]);
  expect(await told("Order.objects.filter(pk=order.pk).update(status=order.note)\nrequests.post(request.url)")).toEqual([WAITS]);
});

test("it does too where a function of the round calls it", async () => {
  const push = "def push(order):\n    try:\n        requests.post(order.note, json=order.lines.count())\n    finally:\n        print(order)\n\n\n";
  expect(await told("push(order)", push)).toEqual([WAITS]);
  expect(await told("Tag.objects.get(name=order.status)\npush(order)", push)).toEqual([WAITS, WAITS]);
});

test("so does a session of a package", async () => {
  const session =
    "from requests_toolbelt.sessions import BaseUrlSession\n\n\ndef opened():\n    session = BaseUrlSession(base_url='x')\n    return session\n\n\n";
  expect(await told('with opened() as session:\n    session.put("x", json=order.lines.count())', session)).toEqual([
    WAITS.replace("requests.post", "requests_toolbelt.sessions.BaseUrlSession.put"),
  ]);
});

test.each([
  ["from twilio.rest import Client\nCLIENT = Client('a', 'b')", "CLIENT.messages.create(to=order.lines.count())", "twilio.rest.Client.messages.create"],
  ["from github import Github\nREPO = Github('x').get_repo('a/b')", "REPO.get_issue(order.lines.count()).edit(state='x')", "github.Github.get_issue"],
  ["import stripe", "stripe.Customer.create(amount=order.lines.count())", "stripe.Customer.create"],
  ["from elasticsearch import Elasticsearch\nINDEX = Elasticsearch()", "INDEX.index(body=order.lines.count())", "elasticsearch.Elasticsearch.index"],
  ["import boto3\nQUEUE = boto3.Session().client('sqs')", "QUEUE.send_message(order.lines.count())", "boto3.Session.client.send_message"],
  [
    "from google.cloud import storage\nBUCKET = storage.Client().bucket('x')",
    "BUCKET.blob('x').upload_from_string(str(order.lines.count()))",
    "google.cloud.storage.Client.upload_from_string",
  ],
  ["from django_ilmoitin.utils import send_notification", "send_notification('x', 'y', order.lines.count())", "django_ilmoitin.utils.send_notification"],
])("so does a client of a service's package: %s", async (head, round, target) => {
  expect(await told(round, `${head}\n\n\n`)).toEqual([WAITS.replace("requests.post", target)]);
});

test("what a client does by itself waits for nobody", async () => {
  const head = "from google.cloud import storage\nBUCKET = storage.Client().bucket('x')\n\n\n";
  expect(await told("BUCKET.blob(str(order.lines.count()))", head)).toEqual([COUNTS]);
});

test("rows of one loop take the same way where their class is asked for, or a setting", async () => {
  const push = (asked: string): string => `def push(given):\n    ${asked.replaceAll("\n", "\n    ")}\n\n\n`;
  const body = "push(order)\nTag.objects.get(name=order.status)";
  const post = 'requests.post("x", json=given.note)';
  expect(await told(body, push(`match given:\n    case Order():\n        ${post}\n    case Tag():\n        print(given)`))).toEqual([WAITS]);
  expect(await told(body, push(`if isinstance(given, Order):\n    ${post}`))).toEqual([WAITS]);
  expect(await told(body, push(`if settings.SANDBOX:\n    return\n${post}`))).toEqual([WAITS]);
  expect(await told(body, push(`if given.paid:\n    return\n${post}`))).toEqual([ASKS]);
  expect(await told(body, push(`match given.status:\n    case "new":\n        ${post}`))).toEqual([ASKS]);
  expect(await told(body, push(`match given:\n    case Order() if given.paid:\n        ${post}`))).toEqual([ASKS]);
});

test("not where some rounds alone wait", async () => {
  expect(await told("if order.lines.count() > 5:\n    requests.post(request.url)")).toEqual([COUNTS]);
  expect(await told("if not order.lines.exists():\n    continue\nrequests.post(request.url)")).toEqual([COUNTS]);
  expect(await told("Tag.objects.get(name=order.status)\norder.paid and requests.post(request.url)")).toEqual([ASKS]);
  expect(
    await told("Tag.objects.get(name=order.status)\npush(order)", "def push(order):\n    if order.paid:\n        return\n    requests.post(order.note)\n\n\n"),
  ).toEqual([ASKS]);
});

test("nor where the call comes before or after all rounds", async () => {
  expect(await told('Tag.objects.get(name=order.status)\nprint(order)\nrequests.post("x") if order.paid else None')).toEqual([ASKS]);
  const report = await analyseShop({
    "shop/work.py":
      "import requests\n\nfrom shop.models import Order\n\n\ndef work(request):\n    counts = [order.lines.count() for order in Order.objects.all()]\n    requests.post(request.url, json=counts)\n",
  });
  expect(report.findings.map(({ rule, confidence }) => `${rule} ${confidence}`)).toContain("aggregate-in-loop certain");
});
