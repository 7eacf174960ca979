/** Which of the programs that serve Django or run its tasks a command starts. */
import type { Word } from "./command-words.ts";

export interface StartedProgram {
  readonly name: string;
  readonly words: readonly Word[];
  /** The program's own word. */
  readonly at: Word;
  /** Variables that are set before it. */
  readonly variables: ReadonlyMap<string, string>;
}

const PROGRAMS = new Set("gunicorn uvicorn daphne hypercorn granian uwsgi celery mod_wsgi-express waitress-serve dramatiq rqworker".split(" "));
/** Commands of manage.py that run for long and hold connections. */
const MANAGED = new Set("rqworker run_huey qcluster process_tasks db_worker rundramatiq procrastinate runworker celery".split(" "));
/** Programs that start another one. */
const WRAPPERS =
  /^(?:exec|env|nohup|nice|time|sudo|command|poetry|uv|pipenv|pdm|hatch|rye|run|python[\d.]*|-m|newrelic-admin|run-program|ddtrace-run|opentelemetry-instrument|dumb-init|tini|gosu|su-exec|setpriv|chroot|chpst|start-stop-daemon|doppler|chamber|infisical|honcho|watchmedo|auto-restart|watchfiles|debugpy|--|if|then|else|do|wait-for-it|\.\/wait-for-it\.sh|bin\/\S+|\S*\/(?:python[\d.]*|tini|dumb-init|gosu|su-exec|entrypoint\S*|start-pgbouncer\S*|start-nginx\S*)|[\w.]*\$\S*|@|-\w+|--[\w-]+(?:=\S*)?|[a-z_][\w-]*(?::[a-z_][\w-]*)?)$/;

/** Null where the command starts none, or only names one: `pip install gunicorn`, `pkill celery`. */
export function findProgram(words: readonly Word[]): StartedProgram | null {
  const variables = new Map<string, string>();
  for (const [index, word] of words.entries()) {
    const assigned = /^([A-Za-z_]\w*)=(.*)$/s.exec(word.text);
    if (assigned !== null) {
      variables.set(assigned[1] ?? "", assigned[2] ?? "");
      continue;
    }
    const name = word.text.slice(word.text.lastIndexOf("/") + 1);
    if (PROGRAMS.has(name)) return isNaming(words.slice(0, index), words[index + 1]) ? null : { name, at: word, words: words.slice(index + 1), variables };
    if (/^(?:manage\.py|django-admin)$/.test(name)) return managed(words.slice(index + 1), word, variables);
    if (!WRAPPERS.test(word.text)) return null;
  }
  return null;
}

/** Commands that are about a program without starting it. */
const ABOUT =
  /^(?:pip\d?|apt|apt-get|apk|install|add|remove|echo|printf|which|type|pkill|killall|pgrep|kill|grep|man|supervisorctl|systemctl|service|docker|docker-compose|test|\[|cat|rm|cp|mv|ln|chown|chmod|mkdir|touch|tail|cd|source|export|set|unset|local|return|exit)$/;

function isNaming(before: readonly Word[], next: Word | undefined): boolean {
  return (
    before.some(({ text }) => ABOUT.test(text.slice(text.lastIndexOf("/") + 1))) ||
    (next !== undefined && /^(?:--version|--help|-h|-v)$/.test(next.text) && before.length === 0)
  );
}

function managed(words: readonly Word[], at: Word, variables: ReadonlyMap<string, string>): StartedProgram | null {
  const [command] = words;
  if (command === undefined || !MANAGED.has(command.text)) return null;
  return { name: command.text, at, words: words.slice(1), variables };
}
