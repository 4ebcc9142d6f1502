import { messageOf, WalguardError } from '../core/error.ts';
import { readTextFile } from './read-text-file.ts';
import { parseYaml, syntaxProblems } from './yaml-text.ts';

/**
 * What a file of YAML or JSON holds, whatever it is.
 *
 * @param said names what names the file
 * @throws CONFIG_FILE_UNREADABLE, CONFIG_YAML_SYNTAX
 */
export function readYamlFile(path: string, said: string): unknown {
  const text = readTextFile(path, said);
  const { document } = parseYaml(text);
  const [problem] = syntaxProblems(document);
  try {
    if (problem === undefined) return document.toJS({ maxAliasCount: 1_000 }) as unknown;
  } catch (thrown) {
    throw notYaml(path, messageOf(thrown));
  }
  throw notYaml(path, problem.message);
}

function notYaml(path: string, why: string): WalguardError {
  return new WalguardError('CONFIG_YAML_SYNTAX', `${path} cannot be read: ${why}`, {
    hint: 'Give a file of rules or a dashboard as Prometheus and Grafana read it.',
    where: { file: path },
  });
}
