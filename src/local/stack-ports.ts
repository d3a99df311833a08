// All the ports of a stack, claimed before anything is started: a taken one is known at once.
import type { Config } from '../config.ts';
import { claimPort, type Port } from './ports.ts';

export type StackPorts = {
  api: Port[];
  postgres: Port;
  redis: Port;
  temporal: Port;
  temporalUi: Port;
  stripe: Port;
  inbox: Port;
  smtp: Port;
};

/** For a part that is configured to be elsewhere. */
const NO_PORT: Port = { number: 0, release: async () => undefined };

/**
 * Claims them.
 * @throws {StartProblem} for the first one that is taken, with the setting that moves it
 */
export async function claimStackPorts(config: Config): Promise<StackPorts> {
  const unless = async (elsewhere: string | undefined, setting: keyof Config, wanted: number): Promise<Port> =>
    elsewhere === undefined ? claimPort(setting, wanted) : NO_PORT;
  const api: Port[] = [];
  for (let n = 0; n < config.API_PROCESSES; n++) {
    api.push(await claimPort('PORT', config.PORT === 0 ? 0 : config.PORT + n));
  }
  return {
    api,
    postgres: await unless(config.DATABASE_URL, 'PGPORT_LOCAL', config.PGPORT_LOCAL),
    redis: await unless(config.REDIS_URL, 'REDIS_PORT_LOCAL', config.REDIS_PORT_LOCAL),
    temporal: await unless(config.TEMPORAL_ADDRESS, 'TEMPORAL_PORT', config.TEMPORAL_PORT),
    temporalUi: await unless(config.TEMPORAL_ADDRESS, 'TEMPORAL_UI_PORT', config.TEMPORAL_UI_PORT),
    stripe: await unless(config.STRIPE_SECRET_KEY, 'STRIPE_SIM_PORT', config.STRIPE_SIM_PORT),
    inbox: await unless(config.SMTP_URL, 'INBOX_PORT', config.INBOX_PORT),
    smtp: await unless(config.SMTP_URL, 'SMTP_PORT', config.SMTP_PORT),
  };
}
