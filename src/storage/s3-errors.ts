import type { ErrorCode } from '../core/error-codes.ts';
import { systemCode, WalguardError } from '../core/error.ts';
import { printable } from '../core/printable.ts';
import { nameOf, type S3Place } from './s3-place.ts';

type S3Code = Extract<ErrorCode, `S3_${string}`>;

/** By the name that the server or the SDK gives an error. */
const CODES: Readonly<Record<S3Code, readonly string[]>> = {
  S3_CREDENTIALS: [
    'CredentialsProviderError',
    'TokenProviderError',
    'ProviderError',
    'InvalidAccessKeyId',
    'SignatureDoesNotMatch',
    'InvalidToken',
    'ExpiredToken',
    'ExpiredTokenException',
    'InvalidIdentityToken',
    'InvalidIdentityTokenException',
    'IDPRejectedClaim',
    'UnauthorizedException',
    'UnrecognizedClientException',
    'InvalidClientTokenId',
    'AuthFailure',
    'InvalidSecurity',
    'RequestTimeTooSkewed',
    'RequestExpired',
  ],
  S3_FORBIDDEN: ['AccessDenied', 'AccessDeniedException', 'AllAccessDisabled', 'AccountProblem', 'Forbidden'],
  S3_BUCKET_MISSING: ['NoSuchBucket', 'NotFound', 'InvalidBucketName'],
  S3_WRONG_REGION: ['PermanentRedirect', 'AuthorizationHeaderMalformed', 'TemporaryRedirect'],
  S3_THROTTLED: [
    'SlowDown',
    'SlowDownRead',
    'ServiceUnavailable',
    'Throttling',
    'ThrottlingException',
    'RequestLimitExceeded',
    'RequestThrottled',
    'TooManyRequests',
    'TooManyRequestsException',
    'BandwidthLimitExceeded',
    'XMinioServerNotInitialized',
  ],
  S3_TLS: [],
  S3_UNREACHABLE: ['TimeoutError', 'NetworkingError'],
  S3_REFUSED: [],
};
const CODE_OF_NAME: ReadonlyMap<string, S3Code> = new Map(
  Object.entries(CODES).flatMap(([code, names]) => names.map((name) => [name, code as S3Code] as const)),
);

const CODE_OF_STATUS: Readonly<Record<number, S3Code>> = {
  301: 'S3_WRONG_REGION',
  401: 'S3_CREDENTIALS',
  403: 'S3_FORBIDDEN',
  404: 'S3_BUCKET_MISSING',
  429: 'S3_THROTTLED',
  502: 'S3_UNREACHABLE',
  503: 'S3_THROTTLED',
  504: 'S3_UNREACHABLE',
};

/** Codes of Node's own for certificates and for TLS itself. */
const TLS =
  /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|ERR_TLS_|ERR_SSL_|EPROTO$|HOSTNAME_MISMATCH|INVALID_CA)/;
const UNREACHABLE = /^E(?:CONN|AI_|NOTFOUND|TIMEDOUT|HOST|NET|PIPE|ADDR)/;

/** Clocks more than this apart make signatures invalid, which is no fault of the key. */
const SKEWED: ReadonlySet<string> = new Set(['RequestTimeTooSkewed', 'RequestExpired']);

/**
 * What keeps a bucket from being read. Errors of walguard's own pass. Neither the server's text nor the SDK's error goes
 * into it: they may hold what was sent, keys and tokens.
 */
export function toS3Error(place: S3Place, thrown: unknown, key = ''): WalguardError {
  if (thrown instanceof WalguardError) return thrown;
  const name = nameOf(place, printable(key));
  if (nameOfError(thrown) === 'AbortError')
    return new WalguardError('SOURCE_TIMEOUT', `Reading ${name} was not done when its time was over`, {
      hint: 'See whether the server answers; a larger time_limit gives a slow one more time.',
    });
  const code = codeOf(thrown);
  const reason = reasonOf(thrown);
  if (code === undefined)
    return new WalguardError('SOURCE_BAD_ANSWER', `What answers for ${name} is no S3 that can be understood`, {
      hint: 'Give the URL of the S3 interface as endpoint, not that of a web console or of another service.',
    });
  return new WalguardError(code, `${WHAT[code](place, name)} (${reason})`, { hint: hintOf(code, place, reason) });
}

const WHAT: Readonly<Record<S3Code, (place: S3Place, name: string) => string>> = {
  S3_CREDENTIALS: (_, name) => `No credentials open ${name}`,
  S3_FORBIDDEN: (_, name) => `The credentials may not read ${name}`,
  S3_BUCKET_MISSING: ({ bucket }) => `There is no bucket "${bucket}"`,
  S3_WRONG_REGION: ({ bucket, region }) => `The bucket "${bucket}" is not in the region ${region ?? 'that was asked'}`,
  S3_THROTTLED: (_, name) => `The server refuses to go on reading ${name}: too many requests`,
  S3_TLS: ({ endpoint }) => `TLS with ${serverOf(endpoint)} failed`,
  S3_UNREACHABLE: ({ endpoint }) => `No answer from ${serverOf(endpoint)}`,
  S3_REFUSED: (_, name) => `The server refused to read ${name}`,
};

function hintOf(code: S3Code, { bucket, endpoint }: S3Place, reason: string): string {
  switch (code) {
    case 'S3_CREDENTIALS':
      return SKEWED.has(reason)
        ? 'Let this host and the server synchronise their clocks: signatures hold for 15 minutes.'
        : 'Give walguard the key of this server by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a role.';
    case 'S3_FORBIDDEN':
      if (reason === 'InvalidObjectState')
        return 'It is in an archive tier: have it restored there first, or keep what is to be restored out of such tiers.';
      return `Allow s3:ListBucket on arn:aws:s3:::${bucket} and s3:GetObject on what is in it; walguard needs nothing else.`;
    case 'S3_BUCKET_MISSING':
      return `Correct bucket${endpoint === undefined ? '' : ' and endpoint'}; for a server without names of buckets in DNS set path_style: true.`;
    case 'S3_WRONG_REGION':
      return 'Set region to that of the bucket.';
    case 'S3_THROTTLED':
      return 'Read less often (interval), or give the archive a prefix of its own; walguard tried again several times.';
    case 'S3_TLS':
      return "Name the authority that signed the server's certificate: NODE_EXTRA_CA_CERTS=/path/to/ca.pem in walguard's environment.";
    case 'S3_UNREACHABLE':
      return 'Correct endpoint or region, and see whether this host may reach it (name, port, firewall).';
    case 'S3_REFUSED':
      return 'Look up this error in the documentation of the server; walguard sends ListObjectsV2 and GetObject only.';
  }
}

function serverOf(endpoint: string | undefined): string {
  return endpoint ?? 'the S3 of AWS';
}

function codeOf(thrown: unknown): S3Code | undefined {
  const name = nameOfError(thrown);
  const code = systemCode(thrown);
  const status = statusOf(thrown);
  const named = CODE_OF_NAME.get(name);
  if (named !== undefined) return named;
  if (TLS.test(code)) return 'S3_TLS';
  if (UNREACHABLE.test(code)) return 'S3_UNREACHABLE';
  if (status === undefined) return undefined;
  // What cannot be parsed comes with the status of a success.
  return CODE_OF_STATUS[status] ?? (status < 300 ? undefined : 'S3_REFUSED');
}

/** A word of the SDK, the server or the system, and nothing that was sent. */
function reasonOf(thrown: unknown): string {
  const code = systemCode(thrown);
  const name = nameOfError(thrown);
  const word = code !== '' && /^[A-Z_]+$/.test(code) ? code : name;
  const status = statusOf(thrown);
  if (/^[A-Za-z][\w.]{0,60}$/.test(word) && word !== 'Error') return word;
  return status === undefined ? 'no reason given' : `HTTP ${status}`;
}

function nameOfError(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : '';
}

function statusOf(thrown: unknown): number | undefined {
  const { $metadata } = (thrown ?? {}) as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}

export function isMissingObject(thrown: unknown): boolean {
  return nameOfError(thrown) === 'NoSuchKey';
}

/** A range of nothing cannot be given. */
export function isEmptyObject(thrown: unknown): boolean {
  return nameOfError(thrown) === 'InvalidRange' || statusOf(thrown) === 416;
}

/** In an archive tier, encrypted by a key that walguard may not use, or not for it to read. */
const WITHHELD: ReadonlySet<string> = new Set(['AccessDenied', 'Forbidden', 'InvalidObjectState']);

export function isWithheld(thrown: unknown): boolean {
  const name = nameOfError(thrown);
  return WITHHELD.has(name) || name.startsWith('KMS.') || (name === 'InvalidRequest' && statusOf(thrown) === 400);
}

/** As the system says of a file that may not be read. */
export function closedObject(name: string): Error {
  return Object.assign(new Error(`${name} may not be read`), { code: 'EACCES' });
}
