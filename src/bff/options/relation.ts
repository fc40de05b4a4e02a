/** Something that no option shows alone. It's checked only where none of the options that it reads has a problem of its own. */
export interface Relation {
  at: string;
  reads: string[];
  check: () => string | undefined;
}
