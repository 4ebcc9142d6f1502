import { WalguardError } from '../core/error.ts';
import type { SourceState } from '../core/recoverability.ts';

/** Sources of a repository that could not be read when the drill was planned. */
export type UnreadSources = readonly Pick<SourceState, 'source' | 'method' | 'error'>[];

/** What is said instead of "there is none", where nobody could look; undefined where all of these kinds were read. */
export function unreadError(
  unread: UnreadSources,
  repository: string,
  kinds: readonly SourceState['source'][],
): WalguardError | undefined {
  for (const { source, method, error } of unread) {
    if (error === undefined || !kinds.includes(source)) continue;
    const { code, message, hint } = error;
    const text = `${NAMES[source]} (${method}) of the repository ${repository}: ${message}`;
    return new WalguardError(code, text, hint === undefined ? {} : { hint });
  }
  return undefined;
}

const NAMES: Readonly<Record<SourceState['source'], string>> = {
  backup: 'the backups',
  archive: 'the archive',
  dump: 'the dumps',
  drill: 'the reports of drills',
};
