import { availableMajors, type Major } from '../../servers/index.ts';

/** Those that walguard supports, of those that npm has here: all from 13 on, on Linux. */
export const supportedMajors: readonly Major[] = availableMajors().filter((major) => major >= 13);
