import { createHmac, randomBytes } from 'node:crypto';

import { Comparisons } from './comparisons.ts';

/** What a client says it is. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

type Comparing = Pick<Comparisons, 'compare' | typeof Symbol.asyncDispose>;

/** Outcomes that are remembered; what was used last stays. */
const MOST_REMEMBERED = 1_000;

/** 22 characters of salt and 31 of a hash that no password has, for all that is known. */
const NOBODY = `QOauhQNbBCuQDKes6eFzPe${'.'.repeat(31)}`;

/**
 * Says whether a password is that of a user. An outcome is remembered under a keyed digest, which tells nothing of the
 * password without the key, and the key is made anew with each process.
 *
 * Who is not known has a hash too, of the cost of one of the users: how long the answer takes does not tell them apart.
 */
export class Passwords implements AsyncDisposable {
  readonly #comparisons: Comparing;
  readonly #key = randomBytes(32);
  readonly #known = new Map<string, boolean>();
  readonly #underWay = new Map<string, Promise<boolean | undefined>>();

  /** @param comparisons disposed of with it */
  constructor(comparisons: Comparing = new Comparisons()) {
    this.#comparisons = comparisons;
  }

  /**
   * @param users hashes by name
   * @returns undefined if too many passwords are being compared already
   */
  async check({ user, password }: Credentials, users: ReadonlyMap<string, string>): Promise<boolean | undefined> {
    const hash = users.get(user) ?? this.#hashOfNobody(user, users);
    const digest = this.#digest(user, hash, password);
    const known = this.#known.get(digest);
    if (known !== undefined) this.#remember(digest, known);
    const isRight = known ?? (await this.#compare(digest, { password, hash }));
    return isRight === true ? users.has(user) : isRight;
  }

  async #compare(digest: string, comparison: { password: string; hash: string }): Promise<boolean | undefined> {
    const underWay = this.#underWay.get(digest) ?? this.#comparisons.compare(comparison);
    this.#underWay.set(digest, underWay);
    try {
      const isRight = await underWay;
      if (isRight !== undefined) this.#remember(digest, isRight);
      return isRight;
    } finally {
      this.#underWay.delete(digest);
    }
  }

  #remember(digest: string, isRight: boolean): void {
    this.#known.delete(digest);
    this.#known.set(digest, isRight);
    if (this.#known.size <= MOST_REMEMBERED) return;
    // Wrong ones first: who guesses must not make walguard forget who is right.
    const wrong = [...this.#known].find(([, was]) => !was)?.[0];
    this.#known.delete(wrong ?? digest);
  }

  /** The same each time for the same name, as that of a user is. */
  #hashOfNobody(user: string, users: ReadonlyMap<string, string>): string {
    const hashes = [...users.values()];
    const chosen = Number.parseInt(this.#digest(user).slice(0, 8), 16) % hashes.length;
    return `${(hashes[chosen] ?? '').slice(0, '$2b$10$'.length)}${NOBODY}`;
  }

  /** With their lengths: two lists of other parts never have one digest. */
  #digest(...parts: readonly string[]): string {
    return createHmac('sha256', this.#key).update(JSON.stringify(parts)).digest('hex');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#comparisons[Symbol.asyncDispose]();
  }
}
