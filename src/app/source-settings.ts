import type { Environment } from '../config/given.ts';
import { type Launch, programEnvironment } from '../process/launch.ts';
import type { S3Place } from '../storage/s3-place.ts';

interface BucketSettings {
  readonly bucket: string;
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly path_style?: boolean | undefined;
  readonly profile?: string | undefined;
}

/** Other servers than AWS seldom have a name in DNS for each bucket. */
export function toPlace({ bucket, endpoint, region, path_style, profile }: BucketSettings): S3Place {
  return { bucket, endpoint, region, profile, pathStyle: path_style ?? endpoint !== undefined };
}

interface LaunchSettings {
  readonly prefix: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly time_limit: number;
}

/** @param env walguard's own, of which programs get the harmless part */
export function toLaunch({ prefix, environment, time_limit }: LaunchSettings, env: Environment): Launch {
  return { prefix, environment: programEnvironment(env, environment), timeoutMs: time_limit };
}
