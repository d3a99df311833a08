// The shop's mailer: always running, it keeps one watch after the other over the mails that are due.
import { continueAsNew, workflowInfo } from '@temporalio/workflow';
import { mailer as email } from './steps.ts';

export async function mailer(): Promise<void> {
  while (!workflowInfo().continueAsNewSuggested) await email.sendDueMails();
  await continueAsNew<typeof mailer>();
}
