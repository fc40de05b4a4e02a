/** Key material that can't be used. The message goes on from the file's name, as in “isn't JSON”, and never holds anything of the file's content. */
export class UnusableKeyMaterial extends Error {
  override readonly name = 'UnusableKeyMaterial';
}
