// How many orders are under way: from their submit until their shopper sees their end, or, where nobody looks any more, until
// their window is over. A kill is worth the more, the more of them there are.

export interface UnderWay {
  /** One more. @returns what ends it; at a time in the future where its shopper leaves it to the shop */
  enter(): (at?: Date) => void;
  count(): number;
}

export function createUnderWay(): UnderWay {
  const ends = new Map<symbol, number>();
  return {
    enter: () => {
      const one = Symbol('order');
      ends.set(one, Infinity);
      return (at) => {
        ends.set(one, at?.getTime() ?? 0);
      };
    },
    count: () => {
      for (const [one, end] of ends) if (end <= Date.now()) ends.delete(one);
      return ends.size;
    },
  };
}
