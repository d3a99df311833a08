// News that an order has moved, from the worker that moved it to whoever follows it. They say which order, nothing else: what is
// true stands in PostgreSQL, and is read there. They go by Redis and may be lost; whoever waits for them looks by itself
// in the end (P10).
import type { Redis } from 'ioredis';
import type { Logger } from './logger.ts';

const CHANNEL = 'perdure:orders-moved';
/** How long a follower waits for news before it looks without any: while they can come, and while they cannot. */
const LOOK_MS = 5_000;
const LOOK_WITHOUT_NEWS_MS = 500;

/** Tells that an order has moved, after its transaction. Never fails and never waits. */
export type Announce = (orderId: string) => void;

export function createAnnounce(redis: Redis | null): Announce {
  return (orderId) => {
    redis?.publish(CHANNEL, orderId).catch(() => undefined); // whoever follows the order looks by itself
  };
}

export interface OrderNews {
  /** News from here on are not missed. End the follower when nobody waits any more. */
  follow: (orderId: string) => Follower;
  /** How many follow an order here, or this one. */
  followers: (orderId?: string) => number;
  close: () => void;
}

/** @param redis the news come over a connection of their own, with its settings. Null: followers look by themselves */
export function openOrderNews(redis: Redis | null, logger: Logger): OrderNews {
  const followers = new Map<string, Set<Follower>>();
  let count = 0;
  let isListening = false;
  const subscriber = redis?.duplicate({ autoResubscribe: false });
  const listen = async (): Promise<void> => {
    try {
      await subscriber?.subscribe(CHANNEL);
      isListening = true;
      // What was told meanwhile was not heard.
      for (const follower of [...followers.values()].flatMap((ofOrder) => [...ofOrder])) follower.wake();
    } catch (error) {
      logger.warn({ err: error }, 'no news of orders come from redis, they are looked for');
    }
  };
  subscriber?.on('ready', () => void listen());
  subscriber?.on('close', () => {
    isListening = false;
  });
  subscriber?.on('error', () => undefined); // told by the other connection
  subscriber?.on('message', (_channel, orderId) => {
    for (const follower of followers.get(orderId) ?? []) follower.wake();
  });
  return {
    follow(orderId) {
      const ofOrder = followers.get(orderId) ?? new Set();
      followers.set(orderId, ofOrder);
      const follower = new Follower({
        lookWithin: () => (isListening ? LOOK_MS : LOOK_WITHOUT_NEWS_MS),
        onEnd: () => {
          ofOrder.delete(follower);
          count -= 1;
          if (ofOrder.size === 0) followers.delete(orderId);
        },
      });
      ofOrder.add(follower);
      count += 1;
      return follower;
    },
    followers: (orderId) => (orderId === undefined ? count : (followers.get(orderId)?.size ?? 0)),
    close: () => subscriber?.disconnect(),
  };
}

/** Somebody who waits for news of one order. */
export class Follower {
  readonly #lookWithin: () => number;
  readonly #onEnd: () => void;
  #isTold = false;
  #proceed: (() => void) | undefined;

  constructor({ lookWithin, onEnd }: { lookWithin: () => number; onEnd: () => void }) {
    this.#lookWithin = lookWithin;
    this.#onEnd = onEnd;
  }

  /** Resolves when there have been news since the last time, or when it is time to look without any. */
  async next(): Promise<void> {
    if (!this.#isTold) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, this.#lookWithin());
      this.#proceed = resolve;
      await promise;
      clearTimeout(timer);
    }
    this.#isTold = false;
  }

  /** There are news, or another reason to look up. */
  wake(): void {
    this.#isTold = true;
    this.#proceed?.();
  }

  end(): void {
    this.#onEnd();
  }
}
