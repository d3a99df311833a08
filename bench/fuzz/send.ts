// Sends a request as it is, right or wrong, and gives what came back.
import { createHttp, type HttpAnswer } from '../http.ts';
import type { Sent } from './sent.ts';

export interface Answer {
  status: number;
  /** Without its parameters. */
  type: string;
  text: string;
}

export interface Sender {
  /** @throws with a `code` when no whole answer came */
  send: (sent: Sent) => Promise<Answer>;
  close: () => void;
}

export function createSender(api: string): Sender {
  const { http, close } = createHttp();
  const send = async (sent: Sent): Promise<Answer> => {
    const answer = await http(`${api}${sent.path}`, sent, hasNoEnd);
    return { status: answer.status, type: typeOf(answer), text: answer.text };
  };
  return { send, close };
}

const hasNoEnd = (answer: HttpAnswer): boolean => typeOf(answer) === 'text/event-stream';

function typeOf({ headers }: HttpAnswer): string {
  return (headers['content-type'] ?? '').split(';')[0] ?? '';
}
