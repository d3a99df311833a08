// The home folder of one local shop: its data, its secrets, and the lock that keeps a second start out.
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, realpath, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Lock, tryLock } from './lock.ts';
import { codeOf, StartProblem } from './problem.ts';

const secretsSchema = z.object({
  postgresPassword: z.string(),
  /** That of API and workers. Homes of earlier releases have none yet. */
  databasePassword: z.string().default(random),
  stripeSecretKey: z.string(),
  stripePublishableKey: z.string(),
  /** Signs the tokens of carts and orders. */
  tokenSecret: z.string(),
  /** The simulator's webhook endpoint, once it has been registered. */
  webhookEndpoint: z.object({ id: z.string(), secret: z.string() }).optional(),
  accounts: z.object({ admin: z.string(), inventory: z.string(), customer: z.string() }),
});

export type Secrets = z.infer<typeof secretsSchema>;

export type Home = {
  /** Its absolute path. */
  folder: string;
  secrets: Secrets;
  /** Keeps changed secrets. */
  saveSecrets: (secrets: Secrets) => Promise<void>;
  lock: Lock;
};

/**
 * Opens the home, makes it where it is not there yet, and takes its lock.
 * @throws {StartProblem} when another start has it
 */
export async function openHome(path: string): Promise<Home> {
  await mkdir(path, { recursive: true });
  const folder = await realpath(path);
  const lock = await tryLock(`home ${folder}`);
  if ('heldBy' in lock) {
    throw new StartProblem(
      `The shop in ${folder} is running already (${lock.heldBy}): stop it first, or set PERDURE_HOME to another folder.`,
    );
  }
  const file = join(folder, 'secrets.json');
  const save = (secrets: Secrets): Promise<void> => saveTo(file, secrets);
  const secrets = (await readSecrets(file)) ?? newSecrets();
  await save(secrets);
  return { folder, secrets, saveSecrets: save, lock };
}

async function readSecrets(file: string): Promise<Secrets | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const parsed = secretsSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new StartProblem(
    `${file} is damaged, and the shop's database cannot be opened without it: restore it from a copy.`,
  );
}

async function saveTo(file: string, secrets: Secrets): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  await chmod(`${file}.new`, 0o600);
  await rename(`${file}.new`, file);
}

function random(): string {
  return randomBytes(18).toString('base64url');
}

function newSecrets(): Secrets {
  const key = (): string => randomBytes(24).toString('hex');
  return {
    postgresPassword: random(),
    databasePassword: random(),
    stripeSecretKey: `sk_test_${key()}`,
    stripePublishableKey: `pk_test_${key()}`,
    tokenSecret: key(),
    accounts: { admin: random(), inventory: random(), customer: random() },
  };
}
