// How the bench follows an order: event by event, however the network cuts them, and no further than it needs.
import { expect, test } from '@jest/globals';
import type { Http } from '../../bench/http.ts';
import { follow } from '../../bench/load/follow.ts';

const STREAM = ': welcome\n\nid: 1\nevent: move\ndata: PENDING\n\nid: 2\ndata: PAID\n\nid: 3\ndata: SHIPPED\n\n';

/** Answers with a text that comes in these parts. */
function answering(status: number, ...parts: string[]): Http {
  return async (_url, _request, isEnough) => {
    const answer = { status, headers: {}, text: '' };
    for (const part of parts) {
      answer.text += part;
      if (isEnough?.(answer) === true) break;
    }
    return answer;
  };
}

async function following(http: Http) {
  const told: string[] = [];
  const ended = await follow(http, { url: '', headers: {} }, (data) => {
    told.push(data);
    return data === 'PAID';
  }).catch((error: unknown) => error);
  return { told, ended };
}

test('each event is told once and whole, wherever it is cut, and none after the one that is enough', async () => {
  for (let cut = 0; cut <= STREAM.length; cut += 1) {
    const { told, ended } = await following(answering(200, STREAM.slice(0, cut), STREAM.slice(cut)));
    expect([cut, told, ended]).toEqual([cut, ['', 'PENDING', 'PAID'], expect.objectContaining({ status: 200 })]);
  }
  expect((await following(answering(200, ...STREAM.split('')))).told).toEqual(['', 'PENDING', 'PAID']);
});

test('a stream that ends too early has failed', async () => {
  const early = await following(answering(200, 'data: PENDING\n\n', 'data: PAI'));
  expect(early).toMatchObject({ told: ['PENDING'], ended: { code: 'STREAM_ENDED' } });
});

test('an answer that is no stream is given as it is', async () => {
  const refused = await following(answering(404, 'data: PAID\n\n'));
  expect(refused).toMatchObject({ told: [], ended: { status: 404, text: 'data: PAID\n\n' } });
});
