import { expect, test } from 'vitest';
import { parseArguments } from '../../../bench/arguments.ts';

test('the benchmark measures the quick scenarios by default', () => {
  const request = parseArguments([]);
  expect(request).toMatchObject({
    kind: 'run',
    peers: undefined,
    options: { scenarios: ['pack', 'defaults'], tables: 1_000, delaysMs: [0, 5], rounds: 20, profile: false },
  });
});

test('the benchmark takes what it is given', () => {
  const argv = ['--only', 'growth,many', '--tables=30', '--delay', '0,1,20', '--rounds', '3', '--profile'];
  expect(parseArguments([...argv, '--peers', '/peers', '--out', '/out'])).toMatchObject({
    kind: 'run',
    peers: '/peers',
    options: { scenarios: ['many', 'growth'], tables: 30, delaysMs: [0, 1, 20], rounds: 3, out: '/out', profile: true },
  });
  expect(parseArguments(['--only=all'])).toMatchObject({
    options: { scenarios: { length: 10 }, segments: 1_000_000, logMb: 1_000 },
  });
});

test('the benchmark has a help', () => {
  expect(parseArguments(['-h'])).toEqual({ kind: 'help' });
});

test.each([
  [['--only', 'grow'], 'did you mean growth?'],
  [['--tables', 'many'], '--tables wants whole numbers from 0'],
  [['--delay', '1,x'], '--delay wants whole numbers'],
  [['--log-mb', '0'], '--log-mb wants whole numbers from 1'],
  [['--rounds', '0'], '--rounds wants whole numbers from 1'],
  [['--major', '9'], '--major 9 is not installed'],
  [['pack'], "Unexpected argument 'pack'"],
  [['--tabels', '1'], "Unknown option '--tabels'"],
])('the benchmark takes %j for a mistake', (argv, said) => {
  const request = parseArguments(argv);
  expect(request.kind === 'mistake' && request.message).toContain(said);
});
