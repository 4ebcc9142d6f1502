import { WalguardError } from '../../core/error.ts';
import { showable } from '../../process/error-output.ts';
import type { Stanza } from './schema.ts';

const MISSING_PATH = 1;
const NO_BACKUPS = 2;
const MISSING_DATA = 3;
/** The status of a stanza whose repositories have different ones. */
const MIXED = 4;
const MISMATCH = 5;
const UNDERSTOOD: ReadonlySet<number> = new Set([0, NO_BACKUPS, MIXED, MISMATCH]);

/** Throws unless pgBackRest could read the stanza in the repository. Codes: src/command/info/info.c. */
export function requireUsable({ name, status, repo: repositories }: Stanza, repo: number): void {
  const own = repositories.find(({ key }) => key === repo);
  if (own === undefined && repositories.length > 0) {
    const known = repositories.map(({ key }) => key).join(', ');
    throw new WalguardError('SOURCE_NOT_FOUND', `stanza ${name} has no repository ${repo}, only ${known}`, {
      hint: 'Correct repo.',
    });
  }
  const { code, message } = own?.status ?? status;
  if (!UNDERSTOOD.has(code)) throw unusable(`stanza ${name} in repository ${repo}`, code, message);
}

function unusable(what: string, code: number, message: string): WalguardError {
  if (code === MISSING_PATH) {
    return new WalguardError('SOURCE_NOT_FOUND', `pgbackrest finds no ${what}`, {
      hint: 'Correct stanza, mount the repository where pgbackrest looks for it, or let pgbackrest stanza-create make the stanza.',
    });
  }
  if (code === MISSING_DATA) {
    return new WalguardError('SOURCE_UNREADABLE', `${what} has lost backup.info and its copy`, {
      hint: 'Bring backup.info back from a copy of the repository: without it pgbackrest restores nothing.',
    });
  }
  return new WalguardError('SOURCE_UNREADABLE', `pgbackrest cannot read ${what}: ${reason(message)}`, {
    hint: /Format|Crypto/.test(message)
      ? 'Look whether the passphrase (cipher-pass) is the one of this repository; otherwise backup.info is damaged.'
      : 'Let walguard run pgbackrest as the user that makes the backups: put ["sudo", "-n", "-u", USER] in front.',
  });
}

/** The first line and what the system said: what follows may be bytes of a file deciphered by a wrong passphrase. */
function reason(message: string): string {
  const [first = ''] = message.split('\n', 1);
  const system = /\[\d+\] [A-Za-z ]+/.exec(message)?.[0].trim();
  const said = showable(first.replace(/:$/, ''), []) || 'an unknown reason';
  return system === undefined || said.includes(system) ? said : `${said} (${system})`;
}
