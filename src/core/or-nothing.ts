/** What is set to nothing is not set. */
export function orNothing(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
