/** Any text of any file gives a deployment, never an error. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { readTestDeployment } from "./test-deployment.ts";

const NAMES = [
  "Procfile",
  "Dockerfile",
  "compose.yaml",
  "docker-compose.production.yml",
  "k8s/web.yaml",
  "deploy/web.service",
  "supervisord.conf",
  "deploy/uwsgi.ini",
  "pgbouncer.ini",
  "nginx/site.conf",
  "haproxy.cfg",
  "Caddyfile",
  "start.sh",
  "entrypoint",
  "postgresql.conf",
  "requirements.txt",
  "uv.lock",
  "Pipfile.lock",
  "pyproject.toml",
];
const PYTHON = ["config/settings.py", "config/wsgi.py", "gunicorn.conf.py"];

const PIECES = [
  "web: gunicorn shop.wsgi -w ",
  'CMD ["gunicorn", ',
  "services:\n  web: &a\n    <<: *a\n    command: ",
  "kind: Deployment\nspec:\n  replicas: ",
  "[uwsgi]\nprocesses = ",
  "[program:x]\ncommand=",
  "ExecStart=",
  "proxy_read_timeout ",
  "timeout server ",
  "${A:-",
  "$(",
  "'",
  '"',
  "\\\n",
  "[",
  "{",
  "}",
  "- ",
  "*b",
  "\n",
  " ",
  "3",
  "-c",
  "--workers=",
  "celery worker ",
  "&&",
  "#",
  "\u0000",
  "é",
];
const PYTHON_PIECES = [
  "DATABASES = {'default': {",
  "**load(), ",
  "'OPTIONS': {'pool': True}, ",
  "'CONN_MAX_AGE': ",
  "env.db('X', default='postgres://u:p@h:1/n'), ",
  "dj_database_url.config(",
  ")",
  "}",
  "]",
  "DATABASES['default']",
  "['OPTIONS']",
  " = ",
  ".update(",
  "setdefault('A', {})",
  "workers = ",
  "def f(a, b=1):\n    return {**f()}\n",
  "f()",
  "if DEBUG:\n    ",
  "else:\n    ",
  "class A(Configuration):\n    ",
  "INSTALLED_APPS = ['a']\n",
  "\n",
  "1",
  "None",
  "from .settings import *\n",
];

const text = (pieces: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 4 })), { maxLength: 25 }).map((parts) => parts.join(""));

test("a file of uwsgi without anything in its section", () => {
  const { services } = readTestDeployment({
    "config/__init__.py": "",
    "config/settings.py": "INSTALLED_APPS = ['shop']\n",
    "deploy/uwsgi.ini": "\\\n[uwsgi]\nprocesses = ",
  });
  for (const { spot } of services) expect(spot.span.end).toBeGreaterThanOrEqual(spot.span.start);
});

test("whatever the files hold", () => {
  fc.assert(
    fc.property(fc.constantFrom(...NAMES), text(PIECES), text(PYTHON_PIECES), fc.constantFrom(...PYTHON), (name, content, code, python) => {
      const deployment = readTestDeployment({ "config/__init__.py": "", "config/settings.py": "INSTALLED_APPS = ['shop']\n", [name]: content, [python]: code });
      for (const { spot } of deployment.services) expect(spot.span.end).toBeGreaterThanOrEqual(spot.span.start);
    }),
    { numRuns: 300 },
  );
});
