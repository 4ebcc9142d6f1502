import { serverAccount } from '../../servers/index.ts';

/** As an ordinary user, since root may read everything. */
export async function asOrdinaryUser<T>(act: () => Promise<T>): Promise<T> {
  const account = await serverAccount();
  if (account === undefined) return await act();
  process.seteuid?.(account.uid);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
  }
}
