// Before the live tests: brings up the servers that they share. They die with this process, however it ends.
import { setStop } from './global-state.ts';
import { startSharedServers } from './servers.ts';

export default async function globalSetup(): Promise<void> {
  setStop(await startSharedServers());
}
