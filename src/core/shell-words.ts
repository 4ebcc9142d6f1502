/** A word as a POSIX shell takes it, whatever is in it. */
export function shellWord(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** `restore_command` that runs a script with the name of a file and where it is to be put. */
export function restoreCommandOf(script: string): string {
  return `/bin/sh ${shellWord(script).replaceAll('%', '%%')} "%f" "%p"`;
}
