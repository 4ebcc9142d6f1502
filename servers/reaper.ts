import { type ChildProcess, spawn } from 'node:child_process';

/**
 * What the reaper's shell does: it keeps the list of processes to end, and when its input ends without `release`, its
 * parent has died, however that happened: it ends them (QUIT is PostgreSQL's immediate shutdown), then removes the folder.
 * A zombie counts as ended: where process 1 is no init, nobody looks at the orphans' end.
 */
const script = `
pids=
while read -r verb pid; do
  case $verb in
    watch) pids="$pids $pid" ;;
    forget) kept=; for each in $pids; do [ "$each" = "$pid" ] || kept="$kept $each"; done; pids=$kept ;;
    release) exit 0 ;;
  esac
done
alive() {
  for each in $pids; do
    kill -0 "$each" 2>/dev/null && ! grep -qs ') Z ' "/proc/$each/stat" && return 0
  done
  return 1
}
pause() { sleep 0.1 2>/dev/null || sleep 1; }
[ -z "$pids" ] || kill -QUIT $pids 2>/dev/null
tries=0
while alive && [ $tries -lt 50 ]; do pause; tries=$((tries + 1)); done
[ -z "$pids" ] || kill -KILL $pids 2>/dev/null
tries=0
while [ -n "$1" ] && [ -e "$1" ] && [ $tries -lt 50 ]; do rm -rf "$1" 2>/dev/null || pause; tries=$((tries + 1)); done
`;

/**
 * Ends processes and removes a folder when this process dies without having done so: crash, SIGKILL, or a Ctrl-C that
 * reached a test runner's worker. It is a shell in a session of its own, waiting on a pipe from here.
 */
export class Reaper {
  readonly #shell: ChildProcess;

  /** Starts it; the folder may be left out, and nothing is removed then. */
  constructor(directory = '') {
    this.#shell = spawn('/bin/sh', ['-c', script, 'walguard-reaper', directory], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#shell.on('error', ignore);
    this.#shell.stdin?.on('error', ignore);
    this.#shell.unref();
    // A pipe's handle keeps the process alive unless told otherwise; the type of stdin does not know that it is a socket.
    const pipe: { readonly unref?: () => void } | null = this.#shell.stdin as { readonly unref?: () => void } | null;
    pipe?.unref?.();
  }

  /** Adds a process to end, while it is this process's child. */
  watch(pid: number): void {
    this.#say(`watch ${pid}`);
  }

  /** Takes a process from the list, because it has ended: its number may soon be another's. */
  forget(pid: number): void {
    this.#say(`forget ${pid}`);
  }

  /** Ends the reaper; it does nothing more. */
  release(): void {
    this.#say('release');
  }

  #say(line: string): void {
    this.#shell.stdin?.write(`${line}\n`);
  }
}

/** Without a shell there is no safety net, and nothing else changes. */
function ignore(): void {}
