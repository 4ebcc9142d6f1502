import { messageOf, WalguardError, systemCode } from '../core/error.ts';

/** What keeps a folder or file from being read, as an error of its source. Errors of walguard's own pass. */
export function unreadableSource(path: string, thrown: unknown): WalguardError {
  if (thrown instanceof WalguardError) return thrown;
  const code = systemCode(thrown);
  const details = { cause: thrown, where: { file: path } };
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return missingSource(path);
    case 'EACCES':
    case 'EPERM':
      return new WalguardError('SOURCE_UNREADABLE', `walguard may not read ${path} (${code})`, {
        ...details,
        hint: 'Give the user walguard runs as the right to read this folder and all in it, and to enter those above it.',
      });
    default:
      return new WalguardError('SOURCE_UNREADABLE', `${path} cannot be read: ${messageOf(thrown)}`, {
        ...details,
        hint: 'Look after the disk or the mount that holds it.',
      });
  }
}

/** A folder that is not there. */
export function missingSource(path: string): WalguardError {
  return new WalguardError('SOURCE_NOT_FOUND', `There is no folder ${path}`, {
    hint: 'Correct the path in the configuration, or mount the disk that holds it.',
    where: { file: path },
  });
}

/** Waits for what a hung disk may never give: throws SOURCE_TIMEOUT once the signal is aborted, with what is waited for. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, path: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(timeIsOver(path));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Throws if the signal is aborted. */
export function checkTime(signal: AbortSignal, path: string): void {
  if (signal.aborted) throw timeIsOver(path);
}

function timeIsOver(path: string): WalguardError {
  return new WalguardError('SOURCE_TIMEOUT', `Reading ${path} was not done when its time was over`, {
    hint: 'See whether the disk answers; a larger time_limit gives a slow one more time.',
    where: { file: path },
  });
}

/** What an earlier reading asked for was never answered: another question would only keep another thread. */
export function stillWaiting(path: string): WalguardError {
  return new WalguardError('SOURCE_TIMEOUT', `${path} has not answered since an earlier reading`, {
    hint: 'Look after the mount that holds it: its server does not answer.',
    where: { file: path },
  });
}
