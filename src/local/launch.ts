// Starts programs so that none outlives this process, however this process ends: on Linux `setpriv --pdeathsig` asks the
// kernel to signal the child when its parent dies. Elsewhere our own processes watch their standard input (leash.ts), and
// leftovers.ts ends the rest at the next start.
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { codeOf, reasonOf, StartProblem } from './problem.ts';
import { type ProgramUser, setprivUser } from './program-user.ts';
import { findProgram } from './programs.ts';

export type Program = {
  program: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** Another user than this process's. Only root can ask for it. */
  user?: ProgramUser;
  /** What it gets when this process dies: KILL, or the signal by which it ends well on its own (PostgreSQL: INT). */
  deathSignal?: 'KILL' | 'INT';
};

const LEASH = fileURLToPath(new URL('leash.ts', import.meta.url));

/**
 * Starts a program in a process group of its own: a Ctrl-C at the terminal reaches only `start`, which then stops
 * everything in order.
 */
export function launch({ program, args, env, cwd, user, deathSignal = 'KILL' }: Program): ChildProcess {
  const options = { env, cwd, detached: true };
  const setpriv = process.platform === 'linux' ? findProgram('setpriv') : undefined;
  if (setpriv !== undefined) {
    const privileges = user === undefined ? [] : setprivUser(user);
    const all = ['--pdeathsig', deathSignal, ...privileges, '--', program, ...args];
    return spawn(setpriv, all, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  }
  if (user?.crossFolders === true) {
    throw new StartProblem(`"setpriv" (package util-linux) is needed to run ${program} as another user here.`);
  }
  const as = user === undefined ? {} : { uid: user.uid, gid: user.gid };
  const leashed = program === process.execPath ? ['--import', LEASH, ...args] : args;
  return spawn(program, leashed, { ...options, ...as, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Signals a child and everything in its process group. False when there is nothing left to signal. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  return signalProcess(-pid, signal);
}

/** Whether there is such a process, of whichever user. */
export function isAlive(pid: number): boolean {
  try {
    return signalProcess(pid, 0);
  } catch (error) {
    if (codeOf(error) === 'EPERM') return true;
    throw error;
  }
}

/** Signals one process alone. False when there is no such process any more. */
export function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
    throw error;
  }
}

export type Command = Omit<Program, 'deathSignal'> & {
  /** Milliseconds after which it is killed. */
  within: number;
  signal?: AbortSignal;
};

/** How much of what a failed command said goes into its error. */
const ERROR_LINES = 6;

/**
 * Runs a command to its end and gives what it wrote to standard output.
 * @throws {Error} with the last lines it wrote, when it cannot be started, fails, or takes too long
 */
export function run(command: Command): Promise<string> {
  const name = command.program.split('/').at(-1) ?? command.program;
  return new Promise((resolve, reject) => {
    const child = launch(command);
    let output = '';
    let everything = '';
    const abort = (): void => {
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    };
    const timer = setTimeout(abort, command.within);
    command.signal?.addEventListener('abort', abort, { once: true });
    const collect = (text: string): void => {
      everything = (everything + text).slice(-20_000);
    };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      collect(text);
    });
    child.stderr?.setEncoding('utf8').on('data', collect);
    child.stdin?.on('error', () => undefined);
    child.once('error', (error) => finish(`"${name}" cannot be started: ${reasonOf(error)}`));
    child.once('close', (code, signal) =>
      finish(code === 0 ? undefined : `"${name}" ended with ${signal ?? `exit code ${code}`}`),
    );
    function finish(problem: string | undefined): void {
      clearTimeout(timer);
      command.signal?.removeEventListener('abort', abort);
      if (command.signal?.aborted === true) reject(command.signal.reason);
      else if (problem === undefined) resolve(output);
      else reject(new Error([problem, ...lastLines(everything)].join('\n    ')));
    }
  });
}

function lastLines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-ERROR_LINES);
}

/** The number of a signal, for exit codes (128 + n). */
export function signalNumber(signal: NodeJS.Signals): number {
  return constants.signals[signal];
}
