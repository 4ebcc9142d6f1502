import { runWhenWalguardDies } from './when-walguard-dies.ts';

/** `$1` is the number of the group, which is ended. */
const SCRIPT = `
read -r word && [ "$word" = done ] && exit 0
kill -TERM -"$1" 2>/dev/null || exit 0
sleep 1
kill -KILL -"$1" 2>/dev/null
`;

/** Lets a group of processes end when walguard does. @returns takes the watch off */
export function watchOver(group: number): () => void {
  return runWhenWalguardDies(SCRIPT, 'walguard-watchdog', [String(group)]);
}
