/** What a line of a dump's script needs to be there before it runs. */
export interface Needs {
  readonly roles: readonly string[];
  readonly tablespaces: readonly string[];
}

const NOTHING: Needs = { roles: [], tablespaces: [] };
/** As pg_dump writes a name: in double quotes unless it is a plain word. */
export const NAME = String.raw`(?:"(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)`;

const OPTIONS = String.raw`(?: WITH [A-Z, ]+)?(?: GRANTED BY (${NAME}))?`;

/** Statements that name roles, as pg_dump writes them: each in a line, but for what follows the names. */
const ROLES: readonly RegExp[] = [
  new RegExp(String.raw`^ALTER .* OWNER TO (${NAME});$`),
  new RegExp(String.raw`^GRANT .* TO (${NAME})${OPTIONS};$`),
  new RegExp(String.raw`^REVOKE .* FROM (${NAME})(?: GRANTED BY (${NAME}))?;$`),
  new RegExp(String.raw`^ALTER DEFAULT PRIVILEGES FOR ROLE (${NAME}) .* (?:TO|FROM) (?:(${NAME})|PUBLIC)${OPTIONS};$`),
  new RegExp(String.raw`^CREATE POLICY .* TO (${NAME}(?:, ${NAME})*)(?:;$| USING | WITH CHECK )`),
  new RegExp(String.raw`^CREATE USER MAPPING FOR (${NAME}) SERVER `),
  new RegExp(String.raw`^CREATE SCHEMA .* AUTHORIZATION (${NAME});$`),
  new RegExp(String.raw`^ALTER ROLE (${NAME}) IN DATABASE `),
  /^SET SESSION AUTHORIZATION '(.+)';$/,
];
const TABLESPACES: readonly RegExp[] = [
  new RegExp(String.raw`^SET default_tablespace = (${NAME});$`),
  new RegExp(String.raw`^CREATE DATABASE .* TABLESPACE = (${NAME})[ ;]`),
];
const MAY_NEED = /^(?:ALTER|GRANT|REVOKE|CREATE (?:POLICY|USER|SCHEMA|DATABASE)|SET (?:SESSION|default_t))/;
/** They stand for whoever asks. */
const NO_ROLES: ReadonlySet<string> = new Set(['public', 'current_user', 'session_user', 'current_role', 'default']);

/** @param line without its end */
export function needsOf(line: string): Needs {
  if (!MAY_NEED.test(line)) return NOTHING;
  const named = (patterns: readonly RegExp[]): readonly string[] =>
    patterns.flatMap((pattern) => (pattern.exec(line)?.slice(1) ?? []).flatMap((names) => namesIn(names)));
  return { roles: named(ROLES).filter((name) => !NO_ROLES.has(name)), tablespaces: named(TABLESPACES) };
}

/** A list of names as they are without their quotes. @param text of a group that may not be there */
function namesIn(text: string | undefined): readonly string[] {
  const names = (text ?? '').match(new RegExp(NAME, 'g')) ?? [];
  return names.map(bareName);
}

export function bareName(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
