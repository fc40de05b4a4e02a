/** Markup that is safe to send; text becomes part of it by `html` alone. */
export class Markup {
  constructor(readonly source: string) {}
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
