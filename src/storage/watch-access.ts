import type { FileAccess } from './file-access.ts';

/** The same access, and whether anything that was asked of it is still without an answer. */
export function watchAccess(access: FileAccess): { readonly access: FileAccess; readonly isWaiting: () => boolean } {
  let open = 0;
  const watch = async <T>(answer: Promise<T>): Promise<T> => {
    open += 1;
    try {
      return await answer;
    } finally {
      open -= 1;
    }
  };
  async function* list(path: string, isLocal: boolean): ReturnType<FileAccess['list']> {
    open += 1;
    try {
      for await (const batch of access.list(path, isLocal)) {
        open -= 1;
        yield batch;
        open += 1;
      }
    } finally {
      open -= 1;
    }
  }
  return {
    isWaiting: () => open > 0,
    access: {
      list,
      facts: (path) => watch(access.facts(path)),
      factsNow: access.factsNow,
      isLocal: (path) => watch(access.isLocal(path)),
      ends: (path, wanted) => watch(access.ends(path, wanted)),
      endsNow: access.endsNow,
    },
  };
}
