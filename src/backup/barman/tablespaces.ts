/** OIDs of the tablespaces that a backup.info tells: `tablespaces=[('name', 16387, '/where/it/was'), ...]`. */
export function tablespacesIn(info: string): readonly string[] {
  const list = /^tablespaces=(.*)$/m.exec(info)?.[1] ?? '';
  return [...list.matchAll(/, (\d+), /g)].map(([, oid = '']) => oid);
}
