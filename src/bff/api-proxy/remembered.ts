import { RecentlyUsed } from '../recently-used.js';

/** Answers that are kept: browsers and APIs say the same few things again and again, and somebody who makes some up fills no memory. */
const MOST = 1000;
const LONGEST = 256;

/** The same function of a field's name or value, which for one that came before costs a look into a table. */
export function remembered<Answer extends boolean | string>(answerTo: (text: string) => Answer): typeof answerTo {
  const known = new RecentlyUsed<Answer>(MOST);
  return text => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const answer = answerTo(text);
    if (text.length <= LONGEST) known.keep(text, answer);
    return answer;
  };
}
