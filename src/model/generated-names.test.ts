import { expect, test } from "vitest";
import { generatedIndexName, generatedName, indexSuffix, splitIdentifier, truncateName } from "./generated-names.ts";

// What Django 5.2 makes of the same arguments: _create_index_name, Index.set_name_with_model, truncate_name.
test.each([
  ["orders_order", ["channel"], "", "orders_order_channel_dc2c61a7"],
  ["orders_order", ["channel"], "_like", "orders_order_channel_dc2c61a7_like"],
  ["catalog_authorship", ["book_id", "author_id", "role"], "_uniq", "catalog_authorship_book_id_author_id_role_1d9f7beb_uniq"],
  ['"sales"."order"', ["customer_id"], "_fk_customers_customer_id", "order_customer_id_9da9253f_fk_customers_customer_id"],
  [
    "a_rather_long_application_name_and_its_model_with_a_long_name",
    ["one_column_with_a_long_name", "another_one"],
    "_uniq",
    "a_rather_long_applicatio_one_column_with_a_long_n_44874929_uniq",
  ],
  [
    "inventory_stockmovement",
    ["warehouse_id"],
    "_fk_inventory_warehouse_with_a_very_long_name_indeed_id",
    "inventory_stockmovem_warehouse_id_401c7fc4_fk_inventory",
  ],
  [
    "_hidden_table_of_somebody_with_a_name_that_is_much_too_long_for_it",
    ["first_column_name"],
    "_idx",
    "D_hidden_table_of_somebod_first_column_name_5b5a64ba_id",
  ],
] as const)("the name of an index of %s", (table, columns, suffix, expected) => {
  expect(generatedName(table, columns, suffix)).toBe(expected);
});

test.each([
  ["orders_order", ["-placed_at"], "Index", "orders_orde_placed__c426b5_idx"],
  ["orders_order", ["customer_id", "-placed_at"], "Index", "orders_orde_custome_7b68ab_idx"],
  ['"sales"."order"', ["customer_id"], "Index", "order_custome_7c3d15_idx"],
  ["9lives", ["tags"], "GinIndex", "Dlives_tags_2b6fe7_gin"],
] as const)("the name of an entry of Meta.indexes of %s", (table, columns, kind, expected) => {
  expect(generatedIndexName(table, columns, indexSuffix(kind))).toBe(expected);
});

test("names of tables that are too long", () => {
  const long = "a_table_whose_name_is_longer_than_postgresql_lets_a_name_be_at_all";
  expect(truncateName(long)).toBe("a_table_whose_name_is_longer_than_postgresql_lets_a_name_be41b7");
  expect(truncateName(`"sales"."${long}"`)).toBe('sales"."a_table_whose_name_is_longer_than_postgresql_lets_a_name_be41b7');
  expect(truncateName("orders_order")).toBe("orders_order");
});

test("a schema in quotes, with and without the outer ones", () => {
  expect(splitIdentifier('"sales"."order"')).toEqual({ schema: "sales", name: "order" });
  expect(splitIdentifier('sales"."order')).toEqual({ schema: "sales", name: "order" });
  expect(splitIdentifier('"order"')).toEqual({ schema: null, name: "order" });
});
