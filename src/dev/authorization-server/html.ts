/** Markup that is safe to send. Only `html` and `trusted` make it. */
export class Html {
  constructor(readonly markup: string) {}
}

type Value = Html | string | undefined | readonly Html[];

const ENTITIES = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

/** Escapes every value that is not markup already. */
export function html(strings: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(String.raw({ raw: strings }, ...values.map(render)));
}

/** For markup that oidc-provider has built. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

function render(value: Value): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value !== 'string') return value.map(item => item.markup).join('');
  return value.replace(/[&<>"']/g, character => ENTITIES.get(character) ?? '');
}
