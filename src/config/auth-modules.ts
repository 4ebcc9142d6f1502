import { z } from 'zod';

import { absolutePath, parsedAs, plainName, word } from './values.ts';

/** Credentials that /probe uses for servers that its caller names, and for which servers. */
export interface AuthModule {
  readonly name: string;
  readonly user: string;
  /** A secret. */
  readonly password: string | undefined;
  /** Read anew at each connection. */
  readonly passwordFile: string | undefined;
  /** Further parameters of the connection, by their names in a connection string. */
  readonly options: Readonly<Record<string, string>>;
  /** The servers that get these credentials, `host:port` or `host:port/database`; `*` stands for a part of a name. */
  readonly targets: readonly string[];
}

/** What names the server or who connects to it: the module's own keys, and the caller's target, say that. */
const NOT_OPTIONS: ReadonlySet<string> = new Set([
  'host',
  'hostaddr',
  'port',
  'user',
  'password',
  'passfile',
  'service',
  'servicefile',
  'load_balance_hosts',
  'target_session_attrs',
]);

const PATTERN_WANTED = 'Give host:port or host:port/database such as db-*.example.com:5432';

/** Without a port every one of the host would be meant, and with it every service that listens there. */
const pattern = parsedAs(PATTERN_WANTED, (text) =>
  /^(?:[\w*.-]+|\[[0-9a-fA-F:.]+\]):(?:\d{1,5}|\*)(?:\/[^/\0]+)?$/.test(text) ? text : undefined,
);

const optionName = z
  .string()
  .refine((name) => !NOT_OPTIONS.has(name), 'Leave it out: the module and the target of the request say it');

const optionValue = z.union([z.string(), z.number(), z.boolean()], { error: 'Write one value' }).transform(String);

const userPass = z
  .strictObject({ username: word, password: z.string().optional(), password_file: absolutePath.optional() })
  .superRefine(({ password, password_file: file }, context) => {
    if (password === undefined || file === undefined) return;
    context.addIssue({ code: 'custom', path: ['password_file'], message: 'Leave it out, or the password', input: '' });
  });

export const authModulesSection = z.record(
  plainName,
  z.strictObject({
    type: z.literal('userpass'),
    userpass: userPass,
    options: z.record(optionName, optionValue).default({}),
    targets: z.array(pattern).min(1, PATTERN_WANTED),
  }),
);

export type AuthModulesValue = z.output<typeof authModulesSection>;

export function toAuthModules(value: AuthModulesValue): readonly AuthModule[] {
  return Object.entries(value).map(([name, { userpass, options, targets }]) => ({
    name,
    user: userpass.username,
    password: userpass.password,
    passwordFile: userpass.password_file,
    options,
    targets,
  }));
}
