import { spawn } from 'node:child_process';

/**
 * Runs a script of /bin/sh that reads from a pipe which walguard holds: if that ends without the word `done`, walguard has
 * died, however that happened, SIGKILL among it. Without /bin/sh there is no such net, and nothing else changes.
 *
 * @param name as the list of processes shows it
 * @returns takes the watch off
 */
export function runWhenWalguardDies(script: string, name: string, args: readonly string[]): () => void {
  const shell = spawn('/bin/sh', ['-c', script, name, ...args], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.on('error', ignore);
  shell.stdin.on('error', ignore);
  shell.unref();
  return () => shell.stdin.end('done\n');
}

function ignore(): void {}
