-- A market with what planners find hard: skew, columns that depend on each other, partitions, nulls, types with statistics of their own,
-- dropped columns, and rows that came and went after the last ANALYZE. One statement after each empty line.

SELECT setseed(0.3)

CREATE EXTENSION IF NOT EXISTS pg_trgm

CREATE SCHEMA "stock room"

CREATE TYPE stage AS ENUM ('draft', 'open', 'paid', 'sent', 'returned')

CREATE DOMAIN euro AS numeric(12, 2) CHECK (VALUE >= 0)

CREATE TABLE seller (legacy integer, id serial PRIMARY KEY, name text NOT NULL, country char(2) NOT NULL, region text NOT NULL, rating real, joined date NOT NULL, tags text[] NOT NULL)

ALTER TABLE seller DROP COLUMN legacy

CREATE TABLE listing (id bigserial PRIMARY KEY, old_code text, seller_id integer NOT NULL REFERENCES seller, title varchar(120) NOT NULL, price euro NOT NULL, category smallint NOT NULL, traits jsonb NOT NULL, words tsvector, sizes integer[], active boolean NOT NULL, ends timestamptz)

ALTER TABLE listing DROP COLUMN old_code

CREATE TABLE purchase (id bigserial PRIMARY KEY, token uuid NOT NULL, buyer_id integer NOT NULL, stage stage NOT NULL, country char(2) NOT NULL, city text COLLATE "C", placed timestamptz NOT NULL, paid timestamptz, total euro NOT NULL, coupon varchar(12), address inet, weight double precision)

CREATE TABLE line (purchase_id bigint NOT NULL REFERENCES purchase, number smallint NOT NULL, listing_id bigint NOT NULL REFERENCES listing, quantity integer NOT NULL, PRIMARY KEY (purchase_id, number))

CREATE TABLE visit (id bigserial, at timestamptz NOT NULL, kind text NOT NULL, listing_id bigint, session_id uuid, PRIMARY KEY (id, at, kind)) PARTITION BY RANGE (at)

CREATE TABLE visit_1 PARTITION OF visit FOR VALUES FROM ('2025-01-01') TO ('2025-03-01')

CREATE TABLE visit_2 PARTITION OF visit FOR VALUES FROM ('2025-03-01') TO ('2025-05-01') PARTITION BY LIST (kind)

CREATE TABLE visit_2_view PARTITION OF visit_2 FOR VALUES IN ('view')

CREATE TABLE visit_2_rest PARTITION OF visit_2 DEFAULT

CREATE TABLE visit_rest PARTITION OF visit DEFAULT

CREATE TABLE booking (id serial PRIMARY KEY, room integer NOT NULL, during tsrange NOT NULL, seats int4range, note text)

CREATE TABLE "stock room"."Item" ("Id" serial PRIMARY KEY, "Shelf no" text NOT NULL, amount integer, checked timestamp)

CREATE TABLE event (id serial, what text NOT NULL, at timestamptz NOT NULL)

CREATE TABLE event_old (CHECK (at < '2024-01-01')) INHERITS (event)

INSERT INTO seller (name, country, region, rating, joined, tags) SELECT 'Seller ' || md5(n::text), c, CASE c WHEN 'DE' THEN 'europe' WHEN 'FR' THEN 'europe' WHEN 'US' THEN 'america' ELSE 'asia' END, CASE WHEN n % 7 > 0 THEN (random() * 5)::real END, date '2015-01-01' + (random() * 3800)::integer, ARRAY(SELECT 'tag ' || (power(random(), 3) * 60)::integer FROM generate_series(1, 1 + n % 4)) FROM (SELECT n, (ARRAY['DE', 'DE', 'DE', 'DE', 'FR', 'FR', 'US', 'JP'])[1 + (random() * random() * 7.9)::integer % 8] AS c FROM generate_series(1, 3000) n) s

INSERT INTO listing (seller_id, title, price, category, traits, words, sizes, active, ends) SELECT 1 + (power(random(), 3) * 2999)::integer, initcap(w) || ' ' || substr(md5(n::text), 1, 8), (1 + power(random(), 4) * 900)::numeric(12, 2), (power(random(), 2) * 40)::smallint, jsonb_build_object('colour', (ARRAY['red', 'blue', 'green', 'grey'])[1 + (random() * random() * 3.4)::integer], 'grade', (random() * 100)::integer), to_tsvector('simple', w || ' ' || (ARRAY['old', 'new', 'rare', 'broken'])[1 + (random() * 3)::integer] || ' ' || md5((n % 500)::text)), CASE WHEN random() < 0.6 THEN ARRAY(SELECT (random() * 50)::integer FROM generate_series(1, 1 + n % 5)) END, random() < 0.9, CASE WHEN random() < 0.7 THEN timestamptz '2025-06-01' + power(random(), 2) * interval '300 days' END FROM (SELECT n, (ARRAY['lamp', 'chair', 'vase', 'clock', 'table', 'radio'])[1 + n % 6] AS w FROM generate_series(1, 60000) n) s

INSERT INTO purchase (token, buyer_id, stage, country, city, placed, paid, total, coupon, address, weight) SELECT md5(n || 'p')::uuid, 1 + (power(random(), 2.5) * 40000)::integer, s::stage, c, c || ' ' || (power(random(), 3) * 300)::integer, at, CASE WHEN s <> 'draft' AND s <> 'open' THEN at + random() * interval '3 days' END, (5 + power(random(), 5) * 3000)::numeric(12, 2), CASE WHEN random() < 0.04 THEN 'C' || (random() * 500)::integer END, CASE WHEN random() < 0.5 THEN ('10.' || (random() * 30)::integer || '.' || (random() * 255)::integer || '.1')::inet END, exp(random() * 4) FROM (SELECT n, (ARRAY['sent', 'sent', 'sent', 'sent', 'sent', 'sent', 'paid', 'returned', 'open', 'draft'])[1 + (random() * 9.4)::integer] AS s, (ARRAY['DE', 'DE', 'DE', 'FR', 'US', 'JP'])[1 + (random() * random() * 5.4)::integer] AS c, timestamptz '2023-01-01' + n * interval '7 minutes' + random() * interval '12 hours' AS at FROM generate_series(1, 200000) n) s

INSERT INTO line SELECT 1 + (n / 2.4)::integer, (n % 12)::smallint + 1, 1 + (power(random(), 2) * 59999)::bigint, 1 + (power(random(), 4) * 9)::integer FROM generate_series(1, 300000) n WHERE 1 + (n / 2.4)::integer <= 125000 ON CONFLICT DO NOTHING

INSERT INTO visit (at, kind, listing_id, session_id) SELECT timestamptz '2025-01-01' + power(n / 250000.0, 0.8) * interval '170 days', (ARRAY['view', 'view', 'view', 'view', 'search', 'cart'])[1 + (random() * 5)::integer], CASE WHEN random() < 0.8 THEN 1 + (power(random(), 2) * 59999)::bigint END, md5((n / 9)::text)::uuid FROM generate_series(1, 250000) n

INSERT INTO booking (room, during, seats, note) SELECT 1 + (random() * 80)::integer, tsrange(t, t + (1 + (random() * 8)::integer) * interval '1 hour'), CASE WHEN random() < 0.9 THEN int4range((random() * 20)::integer, 21 + (random() * 60)::integer) END, CASE WHEN random() < 0.3 THEN md5(random()::text) END FROM (SELECT timestamp '2024-01-01' + n * interval '25 minutes' AS t FROM generate_series(1, 30000) n) s

INSERT INTO "stock room"."Item" ("Shelf no", amount, checked) SELECT 'S' || (n % 700), CASE WHEN n % 3 = 0 THEN (random() * 100)::integer END, timestamp '2024-01-01' + (n % 400) * interval '1 day' FROM generate_series(1, 20000) n

INSERT INTO event (what, at) SELECT 'e' || n % 20, timestamptz '2024-01-01' + n * interval '1 hour' FROM generate_series(1, 15000) n

INSERT INTO event_old (what, at) SELECT 'o' || n % 5, timestamptz '2022-01-01' + n * interval '30 minutes' FROM generate_series(1, 25000) n

CREATE INDEX seller_region ON seller (country, region)

CREATE INDEX seller_tags ON seller USING gin (tags)

CREATE INDEX listing_seller ON listing (seller_id)

CREATE INDEX listing_price ON listing (category, price DESC)

CREATE INDEX listing_traits ON listing USING gin (traits jsonb_path_ops)

CREATE INDEX listing_words ON listing USING gin (words)

CREATE INDEX listing_title ON listing USING gin (title gin_trgm_ops)

CREATE INDEX listing_lower ON listing (lower(title) text_pattern_ops)

CREATE INDEX listing_ends ON listing (ends DESC NULLS LAST) WHERE active

CREATE INDEX purchase_buyer ON purchase (buyer_id, placed DESC)

CREATE INDEX purchase_placed ON purchase USING brin (placed) WITH (pages_per_range = 32)

CREATE INDEX purchase_paid ON purchase (paid) INCLUDE (total)

CREATE INDEX purchase_open ON purchase (placed) WHERE stage = 'open'

CREATE INDEX purchase_city ON purchase (city)

CREATE INDEX purchase_month ON purchase (date_trunc('month', placed AT TIME ZONE 'UTC'))

CREATE INDEX purchase_address ON purchase USING gist (address inet_ops)

CREATE UNIQUE INDEX purchase_token ON purchase (token)

CREATE INDEX line_listing ON line (listing_id)

CREATE INDEX visit_listing ON visit (listing_id, at)

CREATE INDEX booking_during ON booking USING gist (during)

CREATE INDEX item_shelf ON "stock room"."Item" USING hash ("Shelf no")

CREATE INDEX item_checked ON "stock room"."Item" (checked)

CREATE INDEX event_at ON event (at)

CREATE INDEX event_old_at ON event_old (at)

CREATE STATISTICS purchase_where (mcv, dependencies, ndistinct) ON stage, country, city FROM purchase

CREATE STATISTICS seller_where (mcv, dependencies) ON country, region FROM seller

CREATE MATERIALIZED VIEW daily AS SELECT (placed AT TIME ZONE 'UTC')::date AS day, country, count(*) AS purchases, sum(total) AS total FROM purchase GROUP BY 1, 2

CREATE UNIQUE INDEX daily_day ON daily (day, country)

CREATE VIEW current_listing AS SELECT l.*, s.country FROM listing l JOIN seller s ON s.id = l.seller_id WHERE l.active

ALTER TABLE purchase ALTER COLUMN buyer_id SET STATISTICS 300

VACUUM ANALYZE

INSERT INTO purchase (token, buyer_id, stage, country, city, placed, total) SELECT md5(n || 'late')::uuid, 40000 + n, 'open', 'DE', 'DE 1', timestamptz '2026-02-01' + n * interval '10 minutes', 20 FROM generate_series(1, 9000) n

DELETE FROM booking WHERE id < 3000

UPDATE listing SET price = price + 1 WHERE id % 9 = 0

INSERT INTO "stock room"."Item" ("Shelf no", amount) SELECT 'T' || n, n FROM generate_series(1, 2500) n

CHECKPOINT
