// The shop's own way to Temporal, for whoever measures it.
import { loadConfig, requireSettings } from '../../src/config.ts';
import { openTemporal, type TemporalClient } from '../../src/platform/temporal.ts';

/** @param temporal host:port */
export function openClient({ temporal, namespace }: { temporal: string; namespace: string }): TemporalClient {
  const config = loadConfig({ TEMPORAL_ADDRESS: temporal, TEMPORAL_NAMESPACE: namespace });
  return openTemporal(requireSettings(config, 'TEMPORAL_ADDRESS'));
}
