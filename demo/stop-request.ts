/** A Ctrl-C reaches npm and the demo, and npm hands it on: what comes within this time is the same one. */
const sameMs = 1000;

/** Thrown by a step of the start when it is not wanted any more. */
export class StopRequested extends Error {}

/** The first SIGINT, SIGTERM or SIGHUP, the end of our output's reader or of npm asks to stop; a later signal forces. */
export class StopRequest {
  /** Settles with the signal's name when it is time to stop. */
  readonly made: Promise<string>;
  #reason: string | undefined;

  /** `force` must end the process. */
  constructor(force: () => void) {
    this.made = new Promise((resolve) => {
      let firstMs = 0;
      const ask = (reason: string): void => {
        if (this.#reason !== undefined) return;
        this.#reason = reason;
        firstMs = performance.now();
        resolve(reason);
      };
      const onSignal = (name: string): void => {
        if (this.#reason !== undefined && performance.now() - firstMs > sameMs) force();
        ask(name);
      };
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
      // `npm run demo | head`, or a terminal that was closed: nobody reads any more.
      for (const stream of [process.stdout, process.stderr]) stream.on('error', () => ask('end of output'));
      watchNpm(() => ask('end of npm'));
    });
  }

  /** Throws StopRequested when it is time to stop. */
  check(): void {
    if (this.#reason !== undefined) throw new StopRequested(this.#reason);
  }
}

/** npm hands on only some signals (not SIGHUP, not SIGKILL), and its shell none: without its parent the demo would stay. */
function watchNpm(onEnd: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onEnd();
  }, 500);
  timer.unref();
}
