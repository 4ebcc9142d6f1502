import { FILE_ACCESS, type FileAccess } from '../../src/storage/file-access.ts';

export interface CountedAccess {
  readonly access: FileAccess;
  /** Paths by what was asked of them, since the last time this was asked. */
  readonly take: () => {
    readonly listed: readonly string[];
    readonly asked: readonly string[];
    readonly opened: readonly string[];
  };
}

/** The real file system, and what was asked of it. */
export function countedAccess(real: FileAccess = FILE_ACCESS): CountedAccess {
  let calls = { listed: [] as string[], asked: [] as string[], opened: [] as string[] };
  return {
    take() {
      const taken = calls;
      calls = { listed: [], asked: [], opened: [] };
      return taken;
    },
    access: {
      isLocal: real.isLocal,
      list(path, isLocal) {
        calls.listed.push(path);
        return real.list(path, isLocal);
      },
      facts(path) {
        calls.asked.push(path);
        return real.facts(path);
      },
      factsNow(path) {
        calls.asked.push(path);
        return real.factsNow(path);
      },
      ends(path, wanted) {
        calls.opened.push(path);
        return real.ends(path, wanted);
      },
      endsNow(path, wanted) {
        calls.opened.push(path);
        return real.endsNow(path, wanted);
      },
    },
  };
}
