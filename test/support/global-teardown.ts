// After the live tests: nothing is left of the shared servers.
import { stopServers } from './global-state.ts';

export default async function globalTeardown(): Promise<void> {
  await stopServers();
}
