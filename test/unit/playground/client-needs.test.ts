import { describe, expect, test } from 'vitest'
import { addMissing, clientNeeds } from '../../../playground/client-needs.ts'
import { CLIENTS } from '../../../src/clients/clients.ts'
import type { Configuration, Rule } from '../../../src/cors/configuration.ts'
import { applyChange } from '../../../src/edit/apply.ts'
import { readRules } from '../../../src/formats/rules.ts'

const rule = (more: Partial<Rule>): Rule => ({
  id: null,
  allowedOrigins: ['https://app.example.com'],
  allowedMethods: ['GET'],
  allowedHeaders: [],
  exposeHeaders: [],
  maxAgeSeconds: null,
  ...more,
})
const RULES: Configuration = {
  rules: [
    rule({ allowedOrigins: ['*'] }),
    rule({ allowedMethods: ['PUT'], allowedHeaders: ['content-type'] }),
  ],
  responseVary: false,
}
const XML = `<CORSConfiguration>
  <!-- reading -->
  <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>
  <CORSRule><AllowedOrigin>https://app.example.com</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>
    <AllowedHeader>content-type</AllowedHeader></CORSRule>
</CORSConfiguration>`

describe('addMissing()', () => {
  test.each(CLIENTS.map(({ id }) => id))(
    'leaves nothing missing for %s, in the document itself',
    async id => {
      const needs = clientNeeds(RULES, id)
      if (needs === null) throw new Error('there are no needs')
      const change = addMissing(RULES, [...needs.required, ...needs.optional])
      const edited = await applyChange(XML, 'rules', change)
      if ('problem' in edited) throw new Error(edited.problem)
      expect(edited.text).toContain('<!-- reading -->')
      const { configuration } = await readRules(edited.text, 'rules')
      expect(configuration).toEqual(change.configuration)
      expect(clientNeeds(configuration as Configuration, id)).toMatchObject({ required: [], optional: [] })
    },
  )
})

describe('clientNeeds()', () => {
  test('is null without a client, and without rules', () => {
    expect(clientNeeds(RULES, '')).toBeNull()
    expect(clientNeeds({ rules: [], responseVary: false }, 'pmtiles')).toBeNull()
  })
})
