import { expect, test } from 'vitest';
import { parseArguments } from '../../../demo/arguments.ts';

test.each([
  [[], { kind: 'run', port: 9187, breakage: undefined }],
  [['--port', '1234', '--break', 'archive=hang'], { kind: 'run', port: 1234, breakage: 'archive=hang' }],
  [['--break=archive=slow'], { kind: 'run', port: 9187, breakage: 'archive=slow' }],
  [['-h'], { kind: 'help' }],
])('%j', (argv, expected) => {
  expect(parseArguments(argv)).toEqual(expected);
});

test.each([
  [['--prot', '1'], 'did you mean --port?'],
  [['--port'], '--port wants a number'],
  [['--port', '70000'], '--port wants a number'],
  [['--port', '-1'], '--port wants a number'],
  [['--break'], '--break wants one of: archive=fail'],
  [['--break', 'archive=hung'], 'did you mean archive=hang?'],
  [['archive=hang'], 'did you mean: npm run demo -- --break archive=hang'],
  [['prot'], 'did you mean: npm run demo -- --port'],
  [['-x'], "Unknown argument '-x'"],
])('%j is a mistake', (argv, message) => {
  const request = parseArguments(argv);
  expect(request.kind === 'mistake' && request.message).toContain(message);
});
