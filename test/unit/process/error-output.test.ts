import { describe, expect, it } from 'vitest';

import { ErrorOutput, showable } from '../../../src/process/error-output.ts';

describe('what may be shown of an error output', () => {
  it.each([
    'PGPASSWORD=hunter2',
    'export AWS_SECRET_ACCESS_KEY=hunter2',
    'declare -x REPO="hunter2"',
    '  HOME=/var/lib/hunter2',
    'repo1-cipher-pass=hunter2',
    'INFO: begin --repo1-s3-key-secret=hunter2 --stanza=x',
    'P00 ERROR: [031]: invalid value for --repo1-cipher-pass: hunter2',
    'run with --password hunter2',
    '{"secretKey": "hunter2"}',
    'Authorization: Bearer hunter2',
    'token is bad, token=hunter2',
    'hunter2hunter2hunter2hunter2hunter2hunter2',
    '-----BEGIN PRIVATE KEY----- hunter2',
    'connecting to postgres://user:hunter2@host/db',
    'cannot open s3://hunter2@bucket/',
    'as configured: known-hunter2',
  ])('holds no secret of %j', (line) => {
    expect(showable(`before\n${line}\nafter`, ['known-hunter2'])).not.toContain('hunter2');
  });

  it.each([
    "ERROR: [055]: unable to load info file '/repo/backup/main/backup.info'",
    'FATAL:  password authentication failed for user "backup"',
    'sudo: a password is required',
    'ssh: Could not resolve hostname backup-host: Name or service not known',
    'Permission denied (publickey,password).',
  ])('keeps %j', (line) => {
    expect(showable(line, [])).toBe(line);
  });

  it('is the last five lines in one, without control characters and not longer than can be read', () => {
    const text = Array.from({ length: 9 }, (_, index) => `line ${index}\u001B[31m`).join('\r\n');
    expect(showable(text, [])).toBe('line 4 [31m | line 5 [31m | line 6 [31m | line 7 [31m | line 8 [31m');
    expect(showable('word '.repeat(1000), [])).toHaveLength(303);
  });

  it('is empty where all is secret', () => {
    expect(showable('PGPASSWORD=hunter2\n', [])).toBe('');
  });

  it('leaves out the line that the beginning of the tail cuts in two', () => {
    const output = new ErrorOutput();
    output.add(Buffer.from(`PGPASSWORD=${'hunter2 '.repeat(2000)}`));
    expect(output.show([])).toBe('');
    output.add(Buffer.from('\nlast words\n'));
    expect(output.show([])).toBe('last words');
  });
});
