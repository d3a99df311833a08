// The workflows' code as one file, which every worker loads: made once instead of by each worker at its start.
// Run as a program (`node src/platform/workflow-bundle.ts FILE`) it makes that file, unless it is up to date.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The bundle begins with what it was made from, without a line of its own: its source map counts lines. */
const mark = (hash: string): string => `/* made from ${hash} */`;

/**
 * Makes the bundle, unless the file was made from the same sources by the same SDK.
 * @param outFile replaced whole, so that a worker that starts meanwhile reads the old or the new one
 * @returns whether it had to be made
 */
export async function buildWorkflowBundle(outFile: string): Promise<boolean> {
  const madeFrom = mark(await sourcesHash());
  const old = await readFile(outFile, 'utf8').catch(() => '');
  if (old.startsWith(madeFrom)) return false;
  const { bundleWorkflowCode } = await import('@temporalio/worker'); // only now: it takes half a second to load
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(ROOT, 'workflows', 'index.ts'),
    logger: { log: ignore, trace: ignore, debug: ignore, info: ignore, warn: complain, error: complain },
  });
  await mkdir(dirname(outFile), { recursive: true });
  const unfinished = `${outFile}.${process.pid}`;
  await writeFile(unfinished, madeFrom + code);
  await rename(unfinished, outFile);
  return true;
}

function ignore(): void {
  // The bundler's statistics interest nobody.
}

function complain(message: string): void {
  process.stderr.write(`${message}\n`);
}

/** Everything that goes into the bundle: the workflows, the rules that they may import, and the SDK. */
async function sourcesHash(): Promise<string> {
  const workflows = (await readdir(join(ROOT, 'workflows'), { recursive: true })).map((name) =>
    join('workflows', name),
  );
  const areas = await readdir(join(ROOT, 'src'), { recursive: true });
  const rules = areas.filter((name) => name.endsWith('rules.ts')).map((name) => join('src', name));
  const hash = createHash('sha256').update(await sdkVersion());
  for (const name of [...workflows, ...rules].filter((file) => file.endsWith('.ts')).toSorted()) {
    hash.update(`\n${name}\n`).update(await readFile(join(ROOT, name)));
  }
  return hash.digest('hex');
}

async function sdkVersion(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@temporalio/worker/package.json');
  return readFile(entry, 'utf8');
}

// No top-level await: Jest loads this file with `require`.
if (import.meta.main) {
  buildWorkflowBundle(process.argv[2] ?? 'workflow-bundle.js').catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  });
}
