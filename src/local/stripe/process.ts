// The simulator as a process of its own: `node src/main.ts stripe-simulator`.
import { once } from 'node:events';
import { join } from 'node:path';
import { type Config, requireSettings } from '../../config.ts';
import { createLogger } from '../../platform/logger.ts';
import { startStripeSimulator } from './server.ts';

/**
 * Runs until SIGTERM or SIGINT; resolves when everything is closed. Its data lies in `${PERDURE_HOME}/stripe`.
 * A port that is taken ends the process with one sentence and exit code 1.
 */
export async function run(config: Config): Promise<void> {
  const settings = requireSettings(config, 'STRIPE_SECRET_KEY', 'STRIPE_PUBLISHABLE_KEY');
  const logger = createLogger('stripe', settings.LOG_LEVEL);
  const stop = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  const simulator = await startStripeSimulator({
    port: settings.STRIPE_SIM_PORT,
    dataDir: join(settings.PERDURE_HOME, 'stripe'),
    secretKey: settings.STRIPE_SECRET_KEY,
    publishableKey: settings.STRIPE_PUBLISHABLE_KEY,
    logger,
  }).catch((error: unknown) => {
    if (!isTaken(error)) throw error;
    process.stderr.write(
      `Port ${settings.STRIPE_SIM_PORT} is taken: stop what listens there, or set STRIPE_SIM_PORT to a free one.\n`,
    );
    process.exit(1);
  });
  logger.info({ url: simulator.url }, 'the Stripe simulator is listening');
  await stop;
  await simulator.close();
  logger.info('the Stripe simulator has stopped');
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
