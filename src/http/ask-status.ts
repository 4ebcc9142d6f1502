import { messageOf, WalguardError } from '../core/error.ts';
import { STATUS_SCHEMA_VERSION, type StatusDocument, statusDocument } from './schema.ts';
import { STATUS_PATH } from './status-route.ts';

/** Far above what the bounded lists of an answer come to. */
const MOST_BYTES = 64 * 1_024 * 1_024;

/** Where a walguard answers, and who asks. */
interface StatusAddress {
  /** Without user and password. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Asks a running walguard for its answer on recoverability.
 *
 * @param url of walguard, or of its status; its user and password are sent, and named nowhere
 * @param target which of its servers; undefined: the only one
 * @throws USAGE_BAD_VALUE, STATUS_UNREACHABLE, STATUS_BAD_ANSWER
 */
export async function askStatus(url: string, target: string | undefined, timeoutMs: number): Promise<StatusDocument> {
  const address = toAddress(url, target);
  const { status, text } = await fetchText(address, timeoutMs);
  if (status === 400) throw badAnswer(address, 'answers for several servers', 'Name one of them: --target=NAME.');
  if (status === 404 && target !== undefined) throw badAnswer(address, 'has no such target (404)', TARGET_HINT);
  if (status === 401 || status === 403) throw badAnswer(address, `refuses to answer (${status})`, ACCESS_HINT);
  if (status === 404) throw badAnswer(address, 'has no status (404)', OLDER_HINT);
  if (status !== 200) throw badAnswer(address, `answered ${status}`, 'See its log.');
  return readDocument(address, text);
}

const TARGET_HINT = 'Give a name that its /sd lists.';
const ACCESS_HINT = 'Give user and password in the URL: http://user:password@host:9187.';
const OLDER_HINT = 'Give the address of a walguard; one that is older than this has no status: update it.';

function toAddress(text: string, target: string | undefined): StatusAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const said = url === undefined ? undefined : credentialsOf(url);
  if (url === undefined || said === undefined || !/^https?:$/.test(url.protocol)) {
    throw new WalguardError('USAGE_BAD_VALUE', '--url is not the URL of a walguard', {
      hint: 'Write it as http://host:9187.',
    });
  }
  url.username = '';
  url.password = '';
  url.hash = '';
  url.search = target === undefined ? '' : `?${new URLSearchParams({ target }).toString()}`;
  if (!url.pathname.endsWith(STATUS_PATH)) url.pathname = `${url.pathname.replace(/\/+$/, '')}${STATUS_PATH}`;
  return {
    url: url.href,
    headers: {
      Accept: 'application/json',
      ...(said === ':' ? {} : { Authorization: `Basic ${Buffer.from(said).toString('base64')}` }),
    },
  };
}

/** Undefined if a percent sign in them is none of an encoding. */
function credentialsOf({ username, password }: URL): string | undefined {
  try {
    return [username, password].map(decodeURIComponent).join(':');
  } catch {
    return undefined;
  }
}

async function fetchText(
  { url, headers }: StatusAddress,
  timeoutMs: number,
): Promise<{ readonly status: number; readonly text: string }> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { headers, signal });
    return { status: response.status, text: await readText(response) };
  } catch (cause) {
    if (cause instanceof WalguardError) throw cause;
    const why = signal.aborted ? `it did not answer within ${timeoutMs / 1_000} s` : innermost(cause);
    throw new WalguardError('STATUS_UNREACHABLE', `no answer from ${url}: ${why}`, {
      hint: 'Check that walguard runs there and name it by --url; --once asks without a running walguard.',
      cause,
    });
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new WalguardError('STATUS_BAD_ANSWER', `${response.url} answers without end`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** fetch says "fetch failed" and keeps the reason below. */
function innermost(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  if (cause instanceof AggregateError && cause.message === '') return cause.errors.map(messageOf).join('; ');
  return messageOf(cause ?? thrown);
}

function readDocument(address: StatusAddress, text: string): StatusDocument {
  const document = parseJson(text);
  if (document === undefined) throw badAnswer(address, 'answered with what is no JSON', OLDER_HINT);
  const version = versionOf(document);
  if (version !== undefined && version !== STATUS_SCHEMA_VERSION) {
    throw badAnswer(address, `answers in version ${version} of the status`, 'Ask with a walguard of the same version.');
  }
  const parsed = statusDocument.safeParse(document);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badAnswer(address, `answered with what is no status: ${issue?.path.join('.') ?? ''} is not usable`, OLDER_HINT);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function versionOf(document: unknown): number | undefined {
  if (typeof document !== 'object' || document === null || !('schema_version' in document)) return undefined;
  return typeof document.schema_version === 'number' ? document.schema_version : undefined;
}

function badAnswer({ url }: StatusAddress, what: string, hint: string): WalguardError {
  return new WalguardError('STATUS_BAD_ANSWER', `${url} ${what}`, { hint });
}
