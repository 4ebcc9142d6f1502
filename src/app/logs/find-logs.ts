import { isAbsolute, join } from 'node:path';

/** A pattern of the files that the server writes its log into, of the format that says most; undefined if it writes none. */
export function patternOf(settings: ReadonlyMap<string, string>): string | undefined {
  const [directory, name, data] = ['log_directory', 'log_filename', 'data_directory'].map((each) => settings.get(each));
  if (settings.get('logging_collector') !== 'on' || directory === undefined || name === undefined) return undefined;
  const folder = isAbsolute(directory) ? directory : join(data ?? '', directory);
  if (!isAbsolute(folder)) return undefined;
  const destinations = settings.get('log_destination') ?? '';
  const ending = destinations.includes('jsonlog') ? '.json' : destinations.includes('csvlog') ? '.csv' : undefined;
  const pattern = name
    .replaceAll(/[*?[\]\\]/g, String.raw`\$&`)
    .replaceAll(/%./g, (escape) => (escape === '%%' ? '%' : '*'));
  if (ending === undefined) return join(folder, pattern);
  // As the server names them: the ending takes the place of .log, or is added.
  return join(folder, `${pattern.replace(/\.log$/, '')}${ending}`);
}
