/** A line to people; events go to the log. */
export function say(text: string, to: NodeJS.WriteStream = process.stdout): void {
  to.write(`${text}\n`);
}

export interface Closable {
  close(): Promise<void>;
}

/** `SIGTERM` and `SIGINT` end it gracefully; a second signal at once. */
export function closeOnSignal(...running: Closable[]): void {
  const close = async () => {
    for (const one of running) await one.close();
  };
  let closing = false;
  const signalled = () => {
    if (closing) process.exit(1);
    closing = true;
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', signalled).on('SIGINT', signalled);
}
