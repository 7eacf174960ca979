import { readRecording } from "../../src/sources/recordings.ts";
import type { Recording } from "../../src/model/recording.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { RecordedProcess, writeRecording } from "./write-recording.ts";

const ORDERS = 'SELECT "shop_order"."id", "shop_order"."note", "shop_order"."customer_id" FROM "shop_order"';
const CUSTOMER = 'SELECT "shop_customer"."id" FROM "shop_customer" WHERE "shop_customer"."id" = %s';
const VIEW = "shop/views.py:31 OrderList.get_queryset";
const HOSTILE = "<script>document.title='owned'</script>";

/** A shop's afternoon: a page with an N+1, a loop, transactions that wait, names that would like to be markup. */
export function sampleProcess(rows = 25): RecordedProcess {
  const process = new RecordedProcess({ fields: true, literals: true, argv: ["gunicorn", "shop.wsgi"] });
  for (let request = 0; request < 6; request += 1) {
    process.scope("request", "GET", { route: "orders/", view: "shop.views.OrderList", status: 200 }, (scope) => listPage(process, scope, rows));
    process.scope("request", "POST", { route: "checkout/", view: "shop.views.checkout" }, (scope) => checkout(process, scope));
    process.scope("request", "GET", { route: `search/${HOSTILE}/`, view: "shop.views.search" }, (scope) => {
      process.query(scope, `SELECT '${HOSTILE}' FROM "shop_order"`, [
        `shop/${HOSTILE}.py:7 find`,
        `shop/an/exceedingly/long/path/that/does/not/end/where/anybody/would/expect/it/search.py:118 ${"x".repeat(80)}`,
      ]);
    });
  }
  process.scope("task", "shop.tasks.sync", {}, (scope) => {
    for (let round = 0; round < 12; round += 1) process.query(scope, CUSTOMER, ["shop/tasks.py:9 sync"], { params: "[7]" });
  });
  return process.wait(120_000_000);
}

function listPage(process: RecordedProcess, scope: number, rows: number): void {
  process.query(scope, 'SELECT "auth_user"."id" FROM "auth_user"', ["!django/contrib/auth/backends.py:100 get_user"], { duration: 700 });
  process.wait(2000);
  const orders = process.fetch(scope, "shop.Order", rows, ORDERS, ["~shop/templates/orders/list.html:12 orders", VIEW]);
  const cause = process.cause("forward", "shop.Order", "customer", orders);
  for (let row = 1; row <= rows; row += 1) {
    process.wait(300).query(scope, CUSTOMER, ["~shop/templates/orders/_row.html:4 customer", "~shop/templates/orders/list.html:13 include", VIEW], {
      cause,
      instance: row,
      duration: 1500,
    });
  }
  const lines = process.fetch(
    scope,
    "shop.Line",
    40,
    'SELECT "shop_line"."id" FROM "shop_line"',
    [VIEW],
    process.cause("prefetch", "shop.Order", "lines", orders),
  );
  process.use(orders, [["shop.Order", "id", rows]]);
  process.use(lines, [["shop.Line", "order_id", 40]]);
}

function checkout(process: RecordedProcess, scope: number): void {
  const connection = process.connect();
  process.transaction(connection, "begin", scope);
  process.query(scope, ORDERS, ["shop/checkout.py:10 pay"], { connection, state: 1 });
  process.call(scope, connection, "http", "pay.example", 400_000, ["shop/checkout.py:11 pay"]);
  process.query(scope, 'UPDATE "shop_order" SET "note" = %s', ["shop/checkout.py:14 pay"], { connection, state: 1 });
  process.transaction(connection, "commit", scope);
}

export function sampleRecording(rows?: number): Recording {
  return { ...readRecording(writeRecording(temporaryFolder(), [sampleProcess(rows)])), folder: ".luthier/recordings/sample" };
}
