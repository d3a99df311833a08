// A stream of server-sent events, read as far as it is of use.
import type { Http, HttpAnswer } from '../http.ts';

const OK = 200;
const EVENT_END = '\n\n';

/**
 * Reads a stream until one of its events is enough, and leaves it.
 * @param isEnough is given what an event carries
 * @throws with a `code` when the stream ends before that; an answer that is no stream is returned
 */
export async function follow(
  http: Http,
  { url, headers }: { url: string; headers: Record<string, string> },
  isEnough: (data: string) => boolean,
): Promise<HttpAnswer> {
  let hasCome = false;
  let read = 0;
  const request = { method: 'GET', headers: { ...headers, Accept: 'text/event-stream' } };
  const answer = await http(url, request, ({ status, text }) => {
    const end = status === OK ? text.lastIndexOf(EVENT_END) : -1;
    if (end < read) return false;
    hasCome = text
      .slice(read, end)
      .split(EVENT_END)
      .some((event) => isEnough(dataOf(event)));
    read = end + EVENT_END.length;
    return hasCome;
  });
  if (answer.status === OK && !hasCome) throw Object.assign(new Error('the stream ended'), { code: 'STREAM_ENDED' });
  return answer;
}

/** What an event carries; nothing where it is a comment. */
function dataOf(event: string): string {
  return /^data: (.*)$/m.exec(event)?.[1] ?? '';
}
