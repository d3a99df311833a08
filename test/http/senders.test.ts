// Where a request comes from, in all the ways that sockets and proxies write it.
import { expect, test } from '@jest/globals';
import { createRouter } from '../../src/http/router.ts';
import { createAddressReader } from '../../src/http/senders.ts';

/** Who is meant by what the proxy at 10.0.0.1 has written, or by the socket itself. */
async function senderOf({ socket = '10.0.0.1', forwarded }: { socket?: string; forwarded?: string }): Promise<string> {
  const addressOf = createAddressReader(['10.0.0.0/8']);
  const app = createRouter().get('/', (c) => c.text(addressOf(c)));
  const headers = new Headers(forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded });
  const answer = await app.request('/', { headers }, { incoming: { socket: { remoteAddress: socket } } });
  return answer.text();
}

test.each([
  ['198.51.100.7', '198.51.100.7'],
  ['198.51.100.7:40312', '198.51.100.7'],
  ['"198.51.100.7:40312"', '198.51.100.7'],
  ['2001:db8:1:2::1', '2001:db8:1:2'],
  ['[2001:db8:1:2::1]', '2001:db8:1:2'],
  ['[2001:0DB8:1:2::1]:40312', '2001:db8:1:2'],
  ['"[2001:db8:1:2:3:4:5:6]:443"', '2001:db8:1:2'],
  ['::ffff:198.51.100.7', '198.51.100.7'],
  ['::ffff:c633:6407', '198.51.100.7'],
  ['[::FFFF:C633:6407]:443', '198.51.100.7'],
  ['203.0.113.9, 198.51.100.7:1, 10.0.0.2:2', '198.51.100.7'],
])('a proxy that writes %s means %s', async (forwarded, sender) => {
  expect(await senderOf({ forwarded })).toBe(sender);
});

test.each(['unknown', '_hidden', '198.51.100.7:x', '[2001:db8::1', '198.51.100.999:1', ''])(
  'what is no address, like "%s", leaves the proxy as the sender',
  async (forwarded) => {
    expect(await senderOf({ forwarded })).toBe('10.0.0.1');
  },
);

test.each([
  ['::ffff:c633:6407', '198.51.100.7'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
])('a socket of %s is %s, and what it forwards does not count', async (socket, sender) => {
  expect(await senderOf({ socket, forwarded: '203.0.113.9' })).toBe(sender);
});
