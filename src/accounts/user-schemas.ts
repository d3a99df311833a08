// What the routes about users and API keys take and give.
import { z } from '@hono/zod-openapi';
import { listOf, MAX_EMAIL, pageQuery, personName, text, timestamp, uuid } from '../http/schemas.ts';
import { ROLES, SCOPES, SCOPES_OF, STAFF_ROLES } from './rules.ts';
import { loginExample, MAX_NAME, userAnswer } from './schemas.ts';

export const profileBody = z.strictObject({ name: personName({ max: MAX_NAME }) });
export const profileExample = { name: 'Ada King' };
export const userExample = loginExample.user;

export const memberAnswer = userAnswer.extend({ active: z.boolean(), createdAt: timestamp }).openapi('Member');
export const memberExample: z.input<typeof memberAnswer> = {
  ...userExample,
  active: true,
  createdAt: '2026-11-20T12:00:00.000Z',
};
export const memberList = listOf(memberAnswer);
export const memberListExample = { items: [memberExample], nextCursor: null };

export const memberQuery = pageQuery.extend({
  email: text({ max: MAX_EMAIL, cards: 'keep' }).optional().openapi({ description: 'How the address begins' }),
});
export const decisionBody = z
  .strictObject({ role: z.enum(ROLES).optional(), active: z.boolean().optional() })
  .refine((body) => body.role !== undefined || body.active !== undefined, 'must change the role or active');
export const decisionExample = { role: 'inventory' as const };

const keyFields = z.object({
  id: uuid,
  name: z.string(),
  role: z.enum(STAFF_ROLES),
  scopes: z.array(z.enum(SCOPES)),
  expiresAt: timestamp.nullable(),
  lastUsedAt: timestamp.nullable().openapi({ description: 'To the minute' }),
  createdBy: uuid,
  createdAt: timestamp,
});
export const keyAnswer = keyFields.openapi('ApiKey');
export const newKeyAnswer = keyFields
  .extend({ key: z.string().openapi({ description: 'Shown this once' }) })
  .openapi('NewApiKey');
export const keyExample: z.input<typeof keyAnswer> = {
  id: '01960000-0000-7000-8000-000000000002',
  name: 'Warehouse scanner',
  role: 'inventory',
  scopes: ['inventory:read'],
  expiresAt: '2027-11-20T12:00:00.000Z',
  lastUsedAt: null,
  createdBy: userExample.id,
  createdAt: '2026-11-20T12:00:00.000Z',
};
export const newKeyExample = { ...keyExample, key: 'perdure_2b7Yx' };
export const keyList = listOf(keyAnswer);

/** @param now keys that are over already are a mistake */
export function newKeyBody(now: () => Date) {
  return z
    .strictObject({
      name: text({ max: MAX_NAME }),
      role: z.enum(STAFF_ROLES),
      scopes: z
        .array(z.enum(SCOPES))
        .min(1)
        .max(SCOPES.length)
        .refine((scopes) => new Set(scopes).size === scopes.length, 'must not name a scope twice')
        .optional()
        .openapi({ description: 'What the key is for; all scopes of its role unless told' }),
      expiresAt: z.iso
        .datetime({ offset: true })
        .refine((at) => new Date(at) > now(), 'must be in the future')
        .optional(),
    })
    .superRefine(({ role, scopes = [] }, context) => {
      for (const [at, scope] of scopes.entries()) {
        if (SCOPES_OF[role].includes(scope)) continue;
        context.addIssue({ code: 'custom', path: ['scopes', at], message: `is of no use to the role ${role}` });
      }
    });
}
export const newKeyBodyExample = { name: keyExample.name, role: keyExample.role, scopes: keyExample.scopes };
