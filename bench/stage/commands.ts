import type { Running } from './processes.ts';

/** What a program does when its parent asks, each with one value in and one out. */
type Commands<C> = { [K in keyof C]: (args: never) => Promise<unknown> };

interface Message {
  id: number;
  command: string;
  args: unknown;
}

interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

/** The program's side. */
export function answerWith<C extends Commands<C>>(commands: C): void {
  const all = new Map<string, (args: never) => Promise<unknown>>(Object.entries(commands));
  process.on('message', ({ id, command, args }: Message) => {
    const answer = all.get(command) ?? (() => Promise.reject(new Error(`there is no ${command}`)));
    // the parent's side was checked against the same type
    answer(args as never).then(
      value => process.send?.({ id, value } satisfies Answer),
      (error: unknown) => process.send?.({ id, error: String(error) } satisfies Answer),
    );
  });
}

/** The parent's side: rejects with what the program says when it ends. */
export function asking<C extends Commands<C>>({ child, complaints }: Running) {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let count = 0;
  child.on('message', ({ id, value, error }: Answer) => {
    if (error === undefined) waiting.get(id)?.resolve(value);
    else waiting.get(id)?.reject(new Error(error));
    waiting.delete(id);
  });
  child.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error(`the program has ended: ${complaints()}`));
  });
  // what comes back is what the program's own commands return
  return <K extends keyof C & string>(command: K, ...[args]: Parameters<C[K]>): ReturnType<C[K]> => {
    const answer = Promise.withResolvers<unknown>();
    waiting.set(++count, answer);
    child.send({ id: count, command, args } satisfies Message);
    return answer.promise as ReturnType<C[K]>;
  };
}
