// The shop's reservation expiry: always running, it ends what is held when its time is over, whoever holds it (P3), and sees
// to it that the order behind it comes to its end.
import { continueAsNew, setCurrentDetails, sleep, workflowInfo } from '@temporalio/workflow';
import { resumeCheckout } from './children.ts';
import { expiry, holdsWatch } from './steps.ts';

/** Holds (and coupon uses) in one transaction: few enough that it is short. */
const BATCH = 100;
/** What was due could not be ended now: somebody else is settling it. It is left to them for a moment. */
const PAUSE_MS = 1_000;

export async function reservationExpiry(): Promise<void> {
  setCurrentDetails('Watches what is held. Nothing was due since this run began.');
  while (!workflowInfo().continueAsNewSuggested) {
    const { due } = await holdsWatch.watchHolds();
    if (due && (await endWhatIsDue()) === 0) await sleep(PAUSE_MS);
  }
  await continueAsNew<typeof reservationExpiry>();
}

/**
 * The orders first: were the holds ended first, a crash in between would leave an order whose checkout nobody runs, and no
 * hold that tells of it. @returns how much was ended
 */
async function endWhatIsDue(): Promise<number> {
  const now = new Date().toISOString();
  const { holdIds, liveOrders } = await expiry.findDueHolds({ now, limit: BATCH });
  const resumed = await Promise.all(liveOrders.map(resumeCheckout));
  const { holds, coupons } = await expiry.expireHolds({ holdIds, now, limit: BATCH });
  const orders = resumed.filter((isResumed) => isResumed).length;
  setCurrentDetails(
    `Watches what is held. Last, at ${now}: ${holds} holds and ${coupons} coupon uses ended, ` +
      `${orders} checkouts resumed that did not run.`,
  );
  return holds + coupons;
}
