import { type Document, LineCounter, parseDocument, type YAMLParseError } from 'yaml';

/** A YAML document that was read, with its errors among its parts. */
export interface ParsedYaml {
  readonly document: Document;
  readonly lines: LineCounter;
  /** What was read: lines of a text in quotes may be indented further than in the file. */
  readonly source: string;
}

/** What a person should read of a syntax error, and where it is. */
export interface SyntaxProblem {
  readonly message: string;
  readonly hint: string;
  readonly offset: number;
}

/**
 * Reads YAML, and what the readers of Go take beyond it, for packs in the field hold it: lines of a text in quotes
 * that are indented too little, or by tabs.
 */
export function parseYaml(text: string): ParsedYaml {
  const strict = parse(text);
  let current = strict;
  let mended: string | undefined = text;
  for (let round = 0; current.document.errors.length > 0; round++) {
    mended = round < MOST_MENDED ? indentQuoted(mended, current.document.errors[0]) : undefined;
    if (mended === undefined) return strict;
    current = parse(mended);
  }
  return current;
}

function parse(text: string): ParsedYaml {
  const lines = new LineCounter();
  // A file may call itself YAML 1.1, in which the column n would be false.
  // A warning of the library goes around the log, and repeats what is written.
  const options = { lineCounter: lines, prettyErrors: false, merge: true, schema: 'core', logLevel: 'error' } as const;
  return { document: parseDocument(text, options), lines, source: text };
}

/** Texts in quotes of one document; each costs a pass through all of it. */
const MOST_MENDED = 500;
/** More than any pack needs: blanks in front of a line inside quotes are no part of the text. */
const INDENTATION = ' '.repeat(100);
const REST_OF_QUOTED: Readonly<Record<string, RegExp>> = {
  '"': /[^"\\]*(?:\\[^][^"\\]*)*"/y,
  "'": /[^']*(?:''[^']*)*'/y,
};

/** The text with the rest of a text in quotes indented where `error` is that this ends too early. */
function indentQuoted(text: string, error: YAMLParseError | undefined): string | undefined {
  const quote = error === undefined ? undefined : /^Missing closing (["'])quote/.exec(error.message)?.[1];
  const rest = REST_OF_QUOTED[quote ?? ''];
  if (error === undefined || rest === undefined) return undefined;
  const start = error.pos[0];
  rest.lastIndex = start;
  const [inside] = rest.exec(text) ?? [];
  const indented = inside?.replace(/\n(?=[^\r\n])/g, `\n${INDENTATION}`);
  if (inside === undefined || indented === undefined || indented === inside) return undefined;
  return text.slice(0, start) + indented + text.slice(start + inside.length);
}

const QUOTE_IT = 'Put the text in quotes if it begins with, or holds, what means something in YAML.';
const ALIGN = 'Give all entries of a list or map the same indentation, in blanks.';
const CLOSE = 'Close what is open: a quote, a bracket, a brace; or write the colon with a blank after it.';

/** What is said in place of the library's words, and the cure. */
const KNOWN_ERRORS: Readonly<Partial<Record<string, { readonly message?: string; readonly hint: string }>>> = {
  TAB_AS_INDENT: { hint: 'Indent with blanks, here and in all other lines.' },
  DUPLICATE_KEY: { hint: 'Remove or rename one of them: only one would count.' },
  MULTIPLE_DOCS: { message: 'a second document begins', hint: 'Write each document into a file of its own.' },
  BAD_INDENT: { hint: ALIGN },
  BLOCK_AS_IMPLICIT_KEY: { hint: ALIGN },
  BLOCK_IN_FLOW: { hint: ALIGN },
  MULTILINE_IMPLICIT_KEY: { hint: CLOSE },
  MISSING_CHAR: { hint: CLOSE },
  BAD_SCALAR_START: { hint: QUOTE_IT },
  BAD_DQ_ESCAPE: { hint: 'Use single quotes, in which a backslash is a backslash.' },
  BAD_ALIAS: { hint: `${QUOTE_IT} A * alone is the alias of nothing.` },
  TAG_RESOLVE_FAILED: { hint: `${QUOTE_IT} There are no tags (!) here.` },
};
const USUAL_HINT = 'Correct the line, or the one before it; a text with : # { [ & * ! in it may need quotes.';

/** The syntax errors of a document; of those about tabs, which usually come by the dozen, only the first. */
export function syntaxProblems({ errors }: Document): readonly SyntaxProblem[] {
  const firstTab = errors.find(({ code }) => code === 'TAB_AS_INDENT');
  return errors
    .filter((error) => error.code !== 'TAB_AS_INDENT' || error === firstTab)
    .map(({ code, message, pos }) => {
      const known = KNOWN_ERRORS[code];
      return { message: known?.message ?? withoutText(message), hint: known?.hint ?? USUAL_HINT, offset: pos[0] };
    });
}

/** After a colon the library repeats the text at fault, which may be a password that should have been quoted. */
export function withoutText(message: string): string {
  return message.replace(/:\s.*$/s, '');
}
