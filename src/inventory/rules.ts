// The words of stock.
export type HoldStatus = 'HELD' | 'COMMITTED' | 'RELEASED' | 'EXPIRED';
