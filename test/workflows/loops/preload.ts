// Loaded into every Node process of a shop under test (`NODE_OPTIONS=--import`). In threads, it writes down which time limits
// the entries into a sandbox had: one line for each kind.
import { appendFileSync } from 'node:fs';
import { Script } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

const file = process.env.SANDBOX_LIMITS;

if (file !== undefined && !isMainThread) {
  const seen = new Set<string>();
  const enter = Object.getOwnPropertyDescriptors(Script.prototype).runInContext.value;
  Script.prototype.runInContext = function noted(context, options) {
    const limit = typeof options === 'object' ? String(options.timeout) : 'no options';
    if (!seen.has(limit)) appendFileSync(file, `${limit}\n`);
    seen.add(limit);
    return enter?.call(this, context, options);
  };
}
