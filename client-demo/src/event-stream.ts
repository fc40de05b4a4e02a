export interface ServerSentEvent {
  id: string | undefined;
  event: string;
  data: string;
}

/** The events of a `text/event-stream`, until it ends (WHATWG HTML §9.2). `EventSource` would do it, but can't send a header. */
export async function* serverSentEvents(body: ReadableStream<BufferSource>): AsyncGenerator<ServerSentEvent> {
  let text = '';
  for await (const chunk of chunksOf(body.pipeThrough(new TextDecoderStream()))) {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const { event, data, id } = fieldsOf(block);
      if (event !== undefined && data !== undefined) yield { id, event, data };
    }
  }
}

/** Not every browser can iterate a stream. */
async function* chunksOf(stream: ReadableStream<string>): AsyncGenerator<string> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/** `name: value` a line; a line that begins with a colon is a comment (§9.2.6). */
function fieldsOf(block: string): Record<string, string | undefined> {
  return Object.fromEntries(block.split('\n').map(line => line.split(/: ?(.*)/s).slice(0, 2)));
}
