/** A link of a Markdown text to a file or heading of the same project. */
export interface RelativeLink {
  /** The path as written; empty where the link is to a heading of the same file. */
  readonly path: string;
  /** The heading's anchor without `#`; undefined where the link is to a whole file. */
  readonly anchor: string | undefined;
}

const INLINE_LINK = /\]\(<?(?<target>[^)\s>]+)>?(?:\s+"[^"]*")?\)/g;
const LINK_DEFINITION = /^ {0,3}\[[^\]]+\]:\s+<?(?<target>[^\s>]+)/gm;
const ABSOLUTE = /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i;

/** The links that stay inside the project, in the order of their kinds; links in code are none. */
export function readRelativeLinks(markdown: string): readonly RelativeLink[] {
  const prose = withoutCode(markdown);
  return [...prose.matchAll(INLINE_LINK), ...prose.matchAll(LINK_DEFINITION)]
    .map((match) => match.groups?.['target'] ?? '')
    .filter((target) => !ABSOLUTE.test(target))
    .map((target) => {
      const [path = '', anchor] = target.split('#', 2);
      return { path: decodeURIComponent(path), anchor };
    });
}

/** The headings' texts of one level (2 for `##`), with Markdown's marks, in their order. */
export function readHeadings(markdown: string, level: number): readonly string[] {
  const mark = '#'.repeat(level);
  return withoutFences(markdown)
    .split('\n')
    .filter((line) => line.startsWith(`${mark} `))
    .map((line) => line.slice(mark.length).trim());
}

/** The anchors that GitHub makes of the headings: a repeated one gets -1, -2 and so on. */
export function readAnchors(markdown: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const line of withoutFences(markdown).split('\n')) {
    const heading = /^#{1,6}\s+(?<text>.*)$/.exec(line)?.groups?.['text'];
    if (heading === undefined) continue;
    const slug = slugOf(heading);
    let anchor = slug;
    for (let repetition = 1; anchors.has(anchor); repetition += 1) anchor = `${slug}-${repetition}`;
    anchors.add(anchor);
  }
  return anchors;
}

function slugOf(heading: string): string {
  return heading
    .replaceAll(/\[(?<text>[^\]]*)\]\([^)]*\)/g, '$<text>')
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-');
}

function withoutFences(markdown: string): string {
  return markdown.replaceAll(/^ *(?<fence>```+|~~~+)[^\n]*\n[\s\S]*?^ *\k<fence>\s*$/gm, '');
}

function withoutCode(markdown: string): string {
  return withoutFences(markdown).replaceAll(/`[^`\n]*`/g, '');
}

/** A fenced block of code. */
export interface CodeBlock {
  /** The text of the nearest heading above, of whatever level; empty above the first. */
  readonly heading: string;
  /** What stands behind the fence, such as `sh`. */
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks in their order; the text ends with a newline. */
export function readCodeBlocks(markdown: string): readonly CodeBlock[] {
  const part = /^#{1,6} +(?<heading>.*)$|^(?<indent> *)```(?<language>\w*)\n(?<text>[\s\S]*?)^ *```$/gm;
  const blocks: CodeBlock[] = [];
  let heading = '';
  for (const { groups } of markdown.matchAll(part)) {
    if (groups?.['heading'] !== undefined) heading = groups['heading'];
    else blocks.push({ heading, language: groups?.['language'] ?? '', text: unindented(groups) });
  }
  return blocks;
}

function unindented(groups: Readonly<Record<string, string>> | undefined): string {
  const indent = groups?.['indent'] ?? '';
  return (groups?.['text'] ?? '').replaceAll(new RegExp(`^${indent}`, 'gm'), '');
}
