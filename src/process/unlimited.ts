/** For a program whose time is limited by who calls it off: the most that a timer of Node can wait, 24 days. */
export const UNLIMITED_MS = 2 ** 31 - 1;
