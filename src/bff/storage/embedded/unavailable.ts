import { StorageUnavailable } from '../storage.js';

/** What went wrong in LMDB or the file system, as the one error that the seam knows. */
export async function unavailable(error: unknown, what = 'The embedded storage failed'): Promise<StorageUnavailable> {
  const cause = await commitErrorOf(error);
  return new StorageUnavailable(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

/**
 * lmdb hands the reason of a failed commit (a full disk, say) over in a promise that hangs on the error. Somebody has to listen to
 * it, or the rejection ends the process (R6).
 */
async function commitErrorOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (reason) {
    return reason;
  }
}
