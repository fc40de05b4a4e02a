/** Markup that is safe to send; text becomes part of it by `html` alone. */
export class Markup {
  constructor(readonly source: string) {}
}

/**
 * For what others have written. Characters that aren't seen could turn it round, or hide a part of it (Unicode TR36 §2.5): control and format
 * characters and the like show as their number.
 */
export function visible(text: string): string {
  return text.replace(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, hidden => {
    const number = hidden.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
    return `‹U+${number}›`;
  });
}

type Value = Markup | string | undefined | readonly Markup[];

/** Escapes each value that isn't markup already: right in text and in quoted attributes. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Markup {
  return new Markup(parts.reduce((before, part, index) => before + sourceOf(values[index - 1]) + part));
}

function sourceOf(value: Value): string {
  if (typeof value === 'string') return value.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);
  return [value ?? []].flat().reduce((before, { source }) => before + source, '');
}
