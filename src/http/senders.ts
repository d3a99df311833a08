// Where a request comes from: the address of its socket. What a proxy says of it counts only where the proxy is one of ours.
import { BlockList, isIP, SocketAddress } from 'node:net';
import type { Context } from 'hono';
import type { AppEnv } from './router.ts';

/** The groups of an IPv6 address that name a network: one household or machine has all addresses of a /64 (RFC 6177). */
const NETWORK_GROUPS = 4;
const GROUPS = 8;
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * Makes a function that tells who sent a request: an IPv4 address, or the first half of an IPv6 one.
 * @param trusted addresses and CIDR ranges of proxies whose X-Forwarded-For is believed; those of TRUSTED_PROXIES
 */
export function createAddressReader(trusted: readonly string[]): (c: Context<AppEnv>) => string {
  const proxies = new BlockList();
  for (const range of trusted) {
    const [address = '', bits] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(bits), family);
  }
  const isProxy = (address: string) => proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return (c) => {
    const socket = plain(c.env?.incoming?.socket.remoteAddress ?? '');
    if (trusted.length === 0 || isIP(socket) === 0) return network(socket);
    return network(senderBehind(socket, c.req.header('X-Forwarded-For') ?? '', isProxy));
  };
}

/** Each proxy appends whom it got the request from: read from the end, the first that is no proxy of ours is the sender. */
function senderBehind(socket: string, forwarded: string, isProxy: (address: string) => boolean): string {
  let sender = socket;
  for (const part of forwarded.split(',').toReversed()) {
    const before = plain(withoutPort(part.trim()));
    if (!isProxy(sender) || isIP(before) === 0) break;
    sender = before;
  }
  return sender;
}

/** Some proxies name the port, too, and then write IPv6 within brackets (RFC 7239, section 6, with quotes). */
function withoutPort(sender: string): string {
  const [, six, four] = /^"?(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)"?$/.exec(sender) ?? [];
  return six ?? four ?? sender;
}

/** IPv4 as IPv4, also where a socket for both writes it as IPv6, with dots or without. */
function plain(address: string): string {
  if (isIP(address) !== 6) return address;
  const written = new SocketAddress({ address: address.replace(/%.*$/, ''), family: 'ipv6' }).address;
  return MAPPED.exec(written)?.[1] ?? written;
}

function network(address: string): string {
  if (isIP(address) !== 6) return address;
  const [before = '', after] = address.split('::');
  const [head, tail] = [before, after ?? ''].map((groups) => (groups === '' ? [] : groups.split(':')));
  if (head === undefined || tail === undefined) return address;
  const zeros = after === undefined ? 0 : GROUPS - head.length - tail.length;
  const all = [...head, ...Array.from({ length: zeros }, () => '0'), ...tail];
  return all
    .slice(0, NETWORK_GROUPS)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
