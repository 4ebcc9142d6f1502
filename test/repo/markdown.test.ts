import { describe, expect, it } from 'vitest';
import { readAnchors, readCodeBlocks, readHeadings, readRelativeLinks } from './markdown.ts';

describe('readRelativeLinks', () => {
  it('finds inline links, images and definitions, and leaves out addresses and code', () => {
    const markdown = [
      'See [one](docs/one.md#two-words), ![a picture](<pictures/a%20b.png> "Title") and [here](#below).',
      'Not [this](https://example.org/#x), nor `[that](gone.md)`.',
      '```md',
      '[nor](gone.md)',
      '```',
      '[defined]: ../other.md',
    ].join('\n');
    expect(readRelativeLinks(markdown)).toEqual([
      { path: 'docs/one.md', anchor: 'two-words' },
      { path: 'pictures/a b.png', anchor: undefined },
      { path: '', anchor: 'below' },
      { path: '../other.md', anchor: undefined },
    ]);
  });
});

describe('readAnchors', () => {
  it('makes the anchors that GitHub makes', () => {
    const markdown = '# A `pg_up` & [link](x.md)\n\n## Twice\n\n```\n# no heading\n```\n\n## Twice\n';
    expect([...readAnchors(markdown)]).toEqual(['a-pg_up--link', 'twice', 'twice-1']);
  });
});

describe('readHeadings', () => {
  it('keeps to one level', () => {
    expect(readHeadings('# A\n\n## B\n\n### C\n\n```\n## D\n```\n', 2)).toEqual(['B']);
  });
});

describe('readCodeBlocks', () => {
  it('knows under which heading each stands, and a heading inside is none', () => {
    const markdown =
      '# A\n\n```sh\n# B\nls\n```\n\n### C\n\n- item\n  ```yaml\n  a:\n    b: 1\n  ```\n\n```\nplain\n```\n';
    expect(readCodeBlocks(markdown)).toEqual([
      { heading: 'A', language: 'sh', text: '# B\nls\n' },
      { heading: 'C', language: 'yaml', text: 'a:\n  b: 1\n' },
      { heading: 'C', language: '', text: 'plain\n' },
    ]);
  });
});
