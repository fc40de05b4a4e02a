import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { UnusableKeyMaterial } from './unusable.js';

/** Milliseconds between two looks at a file. */
export const LOOK_INTERVAL = 1000;

export interface FileObserver<T> {
  changed(value: T): void;
  /** The file stands as it is for a while and can't be used; what was read before stays. */
  refused(reason: string): void;
}

/**
 * What some files make together, read anew when one of them changes. It asks `stat` from time to time: notices (fs.watch) follow the inode, and miss
 * a file that another takes the place of by a rename, or a symlink that leads elsewhere, as Kubernetes changes a secret.
 */
export class WatchedFiles<T> {
  /** What the files last held that could be used. */
  value: T;
  private contents: string[];
  private stamp: string | undefined;
  private refusal: { reason: string; said: boolean } | undefined;

  /** Throws what `parse` throws when the files are wrong from the beginning. */
  constructor(
    private readonly paths: readonly string[],
    private readonly parse: (...contents: string[]) => T,
    private readonly observer: FileObserver<T>,
  ) {
    this.contents = this.read();
    this.value = parse(...this.contents);
  }

  /** A good change counts at once. A bad one is told only when it's still there at the next look: files that belong together are written one after the other. */
  async look(): Promise<void> {
    // before the files are read: whatever changes in between is seen by the next look
    const stamp = (await Promise.all(this.paths.map(stampOf))).join(' ');
    if (stamp !== this.stamp) {
      this.stamp = stamp;
      this.load();
    } else if (this.refusal?.said === false) {
      this.refusal.said = true;
      this.observer.refused(this.refusal.reason);
    }
  }

  private load(): void {
    try {
      const contents = this.read();
      const value = this.parse(...contents);
      const same = contents.every((content, index) => content === this.contents[index]);
      this.refusal = undefined;
      if (same) return;
      this.contents = contents;
      this.value = value;
    } catch (error) {
      this.refusal = { reason: reasonOf(error), said: false };
      return;
    }
    this.observer.changed(this.value);
  }

  private read(): string[] {
    return this.paths.map(path => readFileSync(path, 'utf8'));
  }
}

async function stampOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    return codeOf(error);
  }
}

/** The system's code alone (ENOENT, EACCES): its message has the path, and a parser's would have the content (S3). */
function reasonOf(error: unknown): string {
  return error instanceof UnusableKeyMaterial ? error.message : `can't be read (${codeOf(error)})`;
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown error';
}
