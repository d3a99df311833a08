// What globalSetup hands to globalTeardown: Jest loads both in one process.
let stop: () => Promise<void> = async () => undefined;

export function setStop(stopThem: () => Promise<void>): void {
  stop = stopThem;
}

export async function stopServers(): Promise<void> {
  await stop();
}
