/** What a PromQL expression reads: names of metrics, and the labels it names with each or in lists like `by (...)`. */
export interface PromqlNames {
  readonly metrics: readonly string[];
  /** Labels that stand in the braces after a metric. */
  readonly matched: readonly { readonly metric: string; readonly label: string }[];
  /** Labels of `by`, `without`, `on`, `ignoring`, `group_left` and `group_right`. */
  readonly listed: readonly string[];
}

const KEYWORDS = new Set(['and', 'or', 'unless', 'offset', 'bool', 'inf', 'nan', 'atan2']);
const LIST = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const NAME = /[a-zA-Z_:][\w:]*/;
const METRIC = /(?<![\w.$])(?<metric>[a-zA-Z_:][\w:]*)(?!\w|\s*\()(?:\s*\{(?<matchers>[^}]*)\})?/g;

/** Pure: reads an expression whose syntax promtool has checked. */
export function promqlNames(expression: string): PromqlNames {
  const bare = expression
    .replaceAll(/#.*/g, '')
    .replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""')
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll(/\boffset\s+\w+/g, '');
  const listed = [...bare.matchAll(LIST)].flatMap(([, labels = '']) => labels.split(',').map((label) => label.trim()));
  const found = [...bare.replaceAll(LIST, ' ').matchAll(METRIC)]
    .map(({ groups }) => ({ metric: groups?.['metric'] ?? '', matchers: groups?.['matchers'] ?? '' }))
    .filter(({ metric }) => !KEYWORDS.has(metric.toLowerCase()));
  return {
    metrics: found.map(({ metric }) => metric),
    matched: found.flatMap(({ metric, matchers }) =>
      matchers.split(',').flatMap((matcher) => {
        const [label] = NAME.exec(matcher) ?? [];
        return label === undefined ? [] : [{ metric, label }];
      }),
    ),
    listed: listed.filter((label) => label !== ''),
  };
}
