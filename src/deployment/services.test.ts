import { describe, expect, test } from "vitest";
import type { Said, Service } from "../model/deployment.ts";
import { readTestDeployment } from "./test-deployment.ts";

const said = (one: Said<unknown> | null): string =>
  one === null ? "?" : `${String(one.value)}${one.isDefault === true ? "*" : ""}${one.dependsOn === undefined ? "" : ` by ${one.dependsOn}`}`;

/** One line for each service; `*` is a default of the program's own, `?` is unknown. */
function shown(files: Readonly<Record<string, string>>): string[] {
  return readTestDeployment(files).services.map((one: Service) =>
    [
      `${one.name} ${one.kind} ${one.server}`,
      ...(["workerClass", "processes", "threads", "connections", "timeout", "replicas", "surge"] as const).flatMap((key) =>
        one[key] === null ? [] : [`${key}=${said(one[key])}`],
      ),
      ...(one.preloads?.value === true ? ["preloads"] : []),
      ...one.hooks,
      ...(one.settings === null ? [] : [one.settings]),
    ].join(" "),
  );
}

const COMMANDS: readonly (readonly [command: string, expected: string])[] = [
  ["gunicorn shop.wsgi", "web wsgi gunicorn workerClass=sync* processes=1* threads=1* timeout=30*"],
  ["gunicorn -w4 --threads=8 -t 60 --preload shop.wsgi:application", "web wsgi gunicorn workerClass=gthread processes=4 threads=8 timeout=60 preloads"],
  ["gunicorn shop.wsgi -k gevent --worker-connections 200 -w 2", "web wsgi gunicorn workerClass=gevent processes=2 threads=1* connections=200 timeout=30*"],
  [
    "gunicorn shop.asgi -k uvicorn.workers.UvicornWorker --workers ${WEB_CONCURRENCY:-3}",
    "web asgi gunicorn workerClass=uvicorn processes=3 by ${WEB_CONCURRENCY:-3} threads=1* timeout=30*",
  ],
  ["gunicorn shop.wsgi --workers $WORKERS", "web wsgi gunicorn workerClass=sync* threads=1* timeout=30*"],
  ["newrelic-admin run-program python -m gunicorn shop.wsgi --workers 2", "web wsgi gunicorn workerClass=sync* processes=2 threads=1* timeout=30*"],
  ["python manage.py migrate && exec gunicorn shop.wsgi --workers 2", "web wsgi gunicorn workerClass=sync* processes=2 threads=1* timeout=30*"],
  ["GUNICORN_CMD_ARGS='--workers=6 --timeout 90' gunicorn shop.wsgi", "web wsgi gunicorn workerClass=sync* processes=6 threads=1* timeout=90"],
  [
    "DJANGO_SETTINGS_MODULE=shop.settings.live uvicorn shop.asgi:application --workers 4 --limit-concurrency 50",
    "web asgi uvicorn workerClass=uvicorn* processes=4 connections=50 shop.settings.live",
  ],
  ["daphne -b 0.0.0.0 -p 8000 shop.asgi:application", "web asgi daphne processes=1*"],
  ["hypercorn shop.asgi:application -w 3", "web asgi hypercorn processes=3"],
  ["granian --interface wsgi shop.wsgi:application --workers 2 --blocking-threads 4", "web wsgi granian processes=2 threads=4"],
  ["uwsgi --module shop.wsgi --processes 4 --threads 2 --harakiri 20 --master", "web wsgi uwsgi workerClass=gthread processes=4 threads=2 timeout=20 preloads"],
  ["celery -A shop worker -c 8", "web celery celery workerClass=prefork* processes=8 threads=1*"],
  ["celery --app shop worker --autoscale=10,3 --pool=gevent", "web celery celery workerClass=gevent processes=1* threads=1* connections=10"],
  ["celery -A shop worker --pool threads --concurrency 6", "web celery celery workerClass=threads processes=1* threads=6"],
  ["celery -A shop beat -l info", "web beat celery processes=1* threads=1*"],
  ["python manage.py rqworker high default", "web command rqworker processes=1* threads=1*"],
];

test.each(COMMANDS)("%s", (command, expected) => {
  expect(shown({ Procfile: `web: ${command}\n` })).toEqual([expected]);
});

test.each([
  "pip install gunicorn uvicorn",
  "pkill celery",
  "echo gunicorn shop.wsgi",
  "python manage.py runserver",
  "celery -A shop flower",
  "which uwsgi",
  "uvicorn other.api:app",
])("%s starts nothing of ours", (command) => {
  expect(shown({ Procfile: `web: ${command}\n` })).toEqual([]);
});

describe("gunicorn's file", () => {
  const FILE =
    "import multiprocessing\nimport os\n\nworkers = multiprocessing.cpu_count() * 2 + 1\nthreads = int(os.environ.get('THREADS', 4))\ntimeout = 20\npreload_app = True\n\n\ndef post_fork(server, worker):\n    pass\n";

  test("what code computes is unknown, what the environment decides is its default", () => {
    expect(shown({ Procfile: "web: gunicorn shop.wsgi\n", "gunicorn.conf.py": FILE })).toEqual([
      "web wsgi gunicorn workerClass=gthread threads=4 by int(os.environ.get('THREADS', 4)) timeout=20 preloads post_fork",
    ]);
  });

  test("the command line comes before it", () => {
    expect(
      shown({
        Procfile: "web: gunicorn -c deploy/gunicorn.py -w 3 -t 5 shop.wsgi\n",
        "deploy/gunicorn.py": "workers = 9\ntimeout = 99\nworker_class = 'gevent'\n",
      }),
    ).toEqual(["web wsgi gunicorn workerClass=gevent processes=3 threads=1* connections=1000* timeout=5"]);
  });

  test("by itself it is a service", () => {
    expect(
      shown({ "gunicorn.conf.py": "bind = ':8000'\nwsgi_app = 'shop.asgi:application'\nworker_class = 'uvicorn.workers.UvicornWorker'\nworkers = 2\n" }),
    ).toEqual(["gunicorn.conf.py asgi gunicorn workerClass=uvicorn processes=2 threads=1* timeout=30*"]);
  });
});

describe("files that list services", () => {
  test("a Dockerfile's last stage, with its variables", () => {
    const text =
      'FROM python AS build\nCMD ["celery", "-A", "shop", "worker"]\nFROM python\nENV DJANGO_SETTINGS_MODULE=shop.settings.live WEB_CONCURRENCY=5\nCMD ["gunicorn", \\\n  "shop.wsgi"]\n';
    expect(shown({ Dockerfile: text })).toEqual([
      "Dockerfile wsgi gunicorn workerClass=sync* processes=5 by WEB_CONCURRENCY threads=1* timeout=30* shop.settings.live",
    ]);
  });

  test("a compose file with replicas, an anchor and a script that it starts", () => {
    const text =
      "x-app: &app\n  environment:\n    DJANGO_SETTINGS_MODULE: shop.settings.live\nservices:\n  web:\n    <<: *app\n    command: /start\n    deploy:\n      replicas: 3\n  worker:\n    <<: *app\n    command: celery -A shop worker -c 2\n  bouncer:\n    image: edoburu/pgbouncer:1.24\n    environment:\n      - POOL_MODE=transaction\n      - DB_PASSWORD=secret\n  db:\n    image: postgres:17\n    command: postgres -c max_connections=60\n";
    const files = {
      "docker-compose.production.yml": text,
      "compose/production/django/start":
        "#!/bin/bash\nset -e\npython manage.py collectstatic --noinput\nexec gunicorn shop.wsgi --bind 0.0.0.0:5000 --workers 4\n",
    };
    expect(shown(files)).toEqual([
      "web wsgi gunicorn workerClass=sync* processes=4 threads=1* timeout=30* replicas=3 shop.settings.live",
      "worker celery celery workerClass=prefork* processes=2 threads=1* shop.settings.live",
    ]);
    const { poolers, maxConnections } = readTestDeployment(files);
    expect(poolers.map(({ values }) => [...values].map(([name, { value }]) => `${name}=${value}`))).toEqual([["pool_mode=transaction"]]);
    expect(maxConnections?.value).toBe(60);
  });

  test("Kubernetes, with what a rolling update adds", () => {
    const text =
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 4\n  template:\n    spec:\n      containers:\n        - name: app\n          command: [sh, -c, 'exec gunicorn shop.wsgi --workers 3']\n          env:\n            - {name: DJANGO_SETTINGS_MODULE, value: shop.settings.live}\n---\nkind: Service\n";
    expect(shown({ "k8s/web.yaml": text })).toEqual([
      "app wsgi gunicorn workerClass=sync* processes=3 threads=1* timeout=30* replicas=4 surge=0.25* shop.settings.live",
    ]);
  });

  test("a systemd unit, supervisor and uWSGI's ini", () => {
    expect(
      shown({
        "deploy/web.service":
          "[Service]\nEnvironment=DJANGO_SETTINGS_MODULE=shop.settings.live\nExecStart=/srv/venv/bin/gunicorn shop.wsgi \\\n  --workers 7\n",
      }),
    ).toEqual(["web wsgi gunicorn workerClass=sync* processes=7 threads=1* timeout=30* shop.settings.live"]);
    expect(shown({ "supervisord.conf": "[program:worker]\ncommand=/venv/bin/celery -A shop worker\n    --concurrency 4\nnumprocs=2\n" })).toEqual([
      "worker celery celery workerClass=prefork* processes=4 threads=1* replicas=2",
    ]);
    expect(shown({ "deploy/uwsgi.ini": "[uwsgi]\nmodule = shop.wsgi\nprocesses = 3 ; for each host\nthreads = 2\nharakiri = 15\n" })).toEqual([
      "uwsgi.ini wsgi uwsgi workerClass=gthread processes=3 threads=2 timeout=15",
    ]);
  });

  test("what is for development, tests or examples is left out", () => {
    const web = "services:\n  web:\n    command: gunicorn shop.wsgi\n";
    expect(
      shown({
        "docker-compose.dev.yml": web,
        "docker-compose.override.yml": web,
        "tests/compose.yaml": web,
        "examples/Procfile": "web: gunicorn shop.wsgi\n",
        ".devcontainer/compose.yml": web,
      }),
    ).toEqual([]);
  });
});

test("proxies say how long they wait", () => {
  const { proxies } = readTestDeployment({
    "nginx/site.conf": "location / {\n  # proxy_read_timeout 5s;\n  proxy_pass http://app;\n  proxy_read_timeout 2m;\n}\n",
    "haproxy.cfg": "defaults\n  timeout server 30s\n",
    Caddyfile: "reverse_proxy app:8000 {\n  transport http {\n    read_timeout 45s\n  }\n}\n",
  });
  expect(proxies.map(({ program, seconds }) => `${program} ${seconds.value}`)).toEqual(["nginx 120", "haproxy 30", "caddy 45"]);
});

test("versions come from what says them most surely", () => {
  const files = {
    "requirements.txt": "Django==5.2.1\npsycopg[binary,pool]>=3.2\npsycopg2-binary==2.9.9\n",
    "uv.lock": '[[package]]\nname = "celery"\nversion = "5.5.0"\n',
  };
  const { packages } = readTestDeployment(files, { celery: "5.6.1" });
  expect(
    ["django", "psycopg", "psycopg-pool", "psycopg2", "celery", "gunicorn"].map(
      (name) => `${name} ${packages.has(name) ? packages.get(name)?.version : "absent"}`,
    ),
  ).toEqual(["django 5.2.1", "psycopg null", "psycopg-pool null", "psycopg2 2.9.9", "celery 5.6.1", "gunicorn absent"]);
});

test("a broken file that is about no service is no concern", () => {
  expect(readTestDeployment({ "locale/de.yaml": "greeting: [\n" }).notices).toEqual([]);
});

test("a broken file is a notice", () => {
  expect(readTestDeployment({ "compose.yaml": "services:\n  web: [\n" }).notices).toEqual([expect.stringMatching(/^compose\.yaml was not read: /)]);
});
