import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, cp, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { getContainerRuntimeClient, ImageName } from 'testcontainers';

import { type BuiltImage, buildImage } from './docker-build.ts';
import { cannotRun } from './prometheus.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** An image of programs that run by themselves, as nobody. */
export interface ProgramImage {
  readonly official: string;
  /** Names another; empty if there is none. */
  readonly named: string | undefined;
  /** The programs in it, in /bin, the one it runs first, by the names under which they are installed here. */
  readonly programs: Readonly<Record<string, string>>;
  /** A folder that Debian's package of it keeps beside the program, and wants at the same place; undefined for none. */
  readonly beside?: string;
  /** Where it writes. */
  readonly folder: string;
}

/** An image to run: its tag, and, if it was made here, the image to dispose of. */
export interface UsableImage extends AsyncDisposable {
  readonly tag: string;
}

/** The named image, else the official one; where that cannot be had, one made of installed programs and a base image. */
export async function usableImage(image: ProgramImage, baseImage: string): Promise<UsableImage> {
  const named = image.named ?? '';
  if (named !== '') return kept(named);
  return (await canBeHad(image.official)) ? kept(image.official) : await buildFrom(image, baseImage);
}

function kept(tag: string): UsableImage {
  return { tag, [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function canBeHad(image: string): Promise<boolean> {
  const { image: images } = await getContainerRuntimeClient();
  try {
    await images.pull(ImageName.fromString(image));
    return true;
  } catch {
    return false;
  }
}

async function buildFrom({ programs, beside, folder }: ProgramImage, baseImage: string): Promise<BuiltImage> {
  await using context = await temporaryFolder();
  for (const [name, installed] of Object.entries(programs))
    await copyFile(await findProgram(installed), join(context.path, name));
  const names = Object.keys(programs);
  const isBeside = beside !== undefined && existsSync(beside);
  if (isBeside) await cp(beside, join(context.path, 'beside'), { recursive: true, dereference: true });
  const lines = [
    `FROM ${baseImage}`,
    `COPY --chmod=755 ${names.join(' ')} /bin/`,
    ...(isBeside ? [`COPY beside ${beside}`] : []),
    `RUN install -d -o 65534 -g 65534 ${folder}`,
    'USER 65534:65534',
    `ENTRYPOINT ["/bin/${names[0]}"]`,
  ];
  await context.write('Dockerfile', `${lines.join('\n')}\n`);
  return await buildImage(context.path);
}

async function findProgram(name: string): Promise<string> {
  await promisify(execFile)(name, ['--version']).catch((error: unknown) => {
    throw cannotRun(name, 'PROMETHEUS_BINARY', error);
  });
  const folders = name.includes('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter);
  const paths = await Promise.allSettled(folders.map((folder) => realpath(join(folder, name))));
  const [first] = paths.flatMap((path) => (path.status === 'fulfilled' ? [path.value] : []));
  if (first === undefined) throw new Error(`${name} is nowhere on PATH.`);
  return first;
}

/** Prometheus and promtool. */
export const PROMETHEUS_IMAGE: ProgramImage = {
  official: 'prom/prometheus:v3.5.0',
  named: process.env['PROMETHEUS_IMAGE'],
  programs: {
    prometheus: process.env['PROMETHEUS_BINARY'] ?? 'prometheus',
    promtool: process.env['PROMTOOL_BINARY'] ?? 'promtool',
  },
  folder: '/prometheus',
};

/** Alertmanager and amtool. */
export const ALERTMANAGER_IMAGE: ProgramImage = {
  official: 'prom/alertmanager:v0.28.1',
  named: process.env['ALERTMANAGER_IMAGE'],
  programs: {
    alertmanager: process.env['ALERTMANAGER_BINARY'] ?? 'prometheus-alertmanager',
    amtool: process.env['AMTOOL_BINARY'] ?? 'amtool',
  },
  beside: '/usr/share/prometheus/alertmanager',
  folder: '/alertmanager',
};
