// Loaded into our own processes where the system cannot end them with their parent: its end of our standard input closes
// when it dies, and then we go too.
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.stdin.once('close', () => process.kill(process.pid, 'SIGKILL'));
  process.stdin.resume();
  process.stdin.unref();
}
