import { expect, test } from "vitest";
import { analyseShop } from "../support/fixture-project.ts";
import { expectMarked } from "../support/framework-case.ts";

const STUBS = `import luthier


class Report:
    def __luthier_entry__(self):
        for row in self.rows():
            self.line(row)
            luthier.call_methods(self, "column_", row)
            luthier.read_names(self, "Meta", "columns", row)

    def rows(self):
        return luthier.setting(self, "Meta", "model")._default_manager.all()

    def line(self, row):
        pass
`;

const PROJECT = {
  "shop/reports.py": `from acme_reports.base import Report
from shop.models import Line, Order


class OrderReport(Report):
    class Meta:
        model = Order
        columns = [
            "status",
            "customer__name",  # expect: customer
        ]

    def column_number(self, order):
        return order.invoice.number  # expect: invoice


class LineReport(Report):
    class Meta:
        model = Line

    def rows(self):
        return super().rows().select_related("product")

    def line(self, row):
        print(row.product.title)
`,
};

test("a project's own conventions are a folder of stubs", async () => {
  await expectMarked({ ...PROJECT, "luthier_conventions/acme_reports/__init__.py": "", "luthier_conventions/acme_reports/base.py": STUBS }, [
    "luthier_conventions",
  ]);
});

test("or one module", async () => {
  const files = { "shop/reports.py": PROJECT["shop/reports.py"].replace("acme_reports.base", "acme_reports") };
  await expectMarked({ ...files, "acme_reports.pyi": STUBS }, ["acme_reports.pyi"]);
});

test("conventions that are not there are the user's mistake", async () => {
  await expect(analyseShop({}, ["nowhere"])).rejects.toThrow("do not exist");
});
