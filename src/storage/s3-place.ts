/** Where a bucket is and how it is asked. */
export interface S3Place {
  readonly bucket: string;
  /** The server's URL; undefined is AWS, or what the environment says. */
  readonly endpoint: string | undefined;
  /** Undefined is what the environment or the profile says, else us-east-1. */
  readonly region: string | undefined;
  /** True puts the bucket's name into the path, not into the server's name. */
  readonly pathStyle: boolean;
  /** Of the shared configuration files; undefined is what the environment says, else the default one. */
  readonly profile: string | undefined;
}

/** Which keys are listed. */
export interface S3Query {
  /** What they begin with; '' is all. */
  readonly prefix: string;
  /** Keys that hold this behind the prefix are told once for all that are alike up to there; undefined is no such. */
  readonly delimiter?: '/' | undefined;
}

/** An object's key and how large a listing said it is. */
export interface S3Key {
  readonly key: string;
  readonly sizeBytes: number;
}

/** What messages call a bucket, a key of it, or all keys that begin so. */
export function nameOf({ bucket }: Pick<S3Place, 'bucket'>, key = ''): string {
  return `s3://${bucket}/${key}`;
}
