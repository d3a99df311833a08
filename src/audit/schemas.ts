// What the audit's list takes and gives.
import { z } from '@hono/zod-openapi';
import { listOf, pageQuery, text, timestamp, uuid } from '../http/schemas.ts';

const MAX_NAME = 100;
const name = text({ max: MAX_NAME, cards: 'keep' }).optional();

export const auditQuery = pageQuery.extend({ actor: name, action: name, subject: name });

const actAnswer = z
  .object({
    id: uuid,
    actor: z
      .string()
      .openapi({ description: '`user:<id>`, `key:<id>`, `customer` (the owner of an order), `system` or `anonymous`' }),
    action: z.string(),
    subject: z.string().nullable().openapi({ description: '`user:<id>`, `order:<id>`, `key:<id>`' }),
    details: z.record(z.string(), z.unknown()),
    requestId: z.string().nullable(),
    createdAt: timestamp,
  })
  .openapi('Act');
export const actList = listOf(actAnswer);

export const actListExample: z.input<typeof actList> = {
  items: [
    {
      id: '01960000-0000-7000-8000-000000000003',
      actor: 'user:01960000-0000-7000-8000-000000000001',
      action: 'role_changed',
      subject: 'user:01960000-0000-7000-8000-000000000002',
      details: { from: 'customer', to: 'inventory' },
      requestId: '5b0b8b3c-3b0f-4b5e-9c6a-0f4e5a4f3c2d',
      createdAt: '2026-11-20T12:00:00.000Z',
    },
  ],
  nextCursor: null,
};
