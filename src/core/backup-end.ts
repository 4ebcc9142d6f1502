/**
 * When a backup is sure to have ended. PostgreSQL and pgBackRest cut off what is less than a second, and a recovery to a
 * moment before the end is refused if there was a commit between the two.
 */
export function surelyEnded(stopTimeSeconds: number): number {
  return Number.isInteger(stopTimeSeconds) ? stopTimeSeconds + 1 : stopTimeSeconds;
}
