import { expect, test } from 'vitest'
import { ChunkChain, sha256, utf8 } from '../../../../src/bucket/signing/s3-chunks.ts'

// The examples that S3 prints, with its key.
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const AT = { date: '20130524T000000Z', region: 'us-east-1' }
const PLAIN = {
  digest: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  chunks: [
    'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
    '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
    'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
  ],
}
const WITH_TRAILERS = {
  digest: '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
  chunks: [
    'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
    '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
    '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
  ],
  trailer: 'd81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435',
}
const DATA = ['a'.repeat(65_536), 'a'.repeat(1024), '']

test.each([PLAIN, WITH_TRAILERS])(
  'ChunkChain makes and verifies the printed signatures: %j',
  async example => {
    const { digest, chunks, trailer }: { digest: string; chunks: string[]; trailer?: string } = example
    const [makes, verifies] = await Promise.all([
      ChunkChain.of(SECRET, { ...AT, digest }),
      ChunkChain.of(SECRET, { ...AT, digest }),
    ])
    for (const [at, data] of DATA.entries()) {
      const hash = await sha256(utf8(data))
      expect(await makes.sign('PAYLOAD', hash)).toBe(chunks[at])
      expect(await verifies.verify('PAYLOAD', hash, chunks[at] ?? '')).toBe(true)
    }
    if (trailer === undefined) return
    const hash = await sha256(utf8('x-amz-checksum-crc32c:sOO8/Q==\n'))
    expect(await makes.sign('TRAILER', hash)).toBe(trailer)
    expect(await verifies.verify('TRAILER', hash, trailer)).toBe(true)
  },
)

test('ChunkChain refuses a chunk whose place in the chain is another', async () => {
  const chain = await ChunkChain.of(SECRET, { ...AT, digest: PLAIN.digest })
  const hash = await sha256(utf8(DATA[1] ?? ''))
  expect(await chain.verify('PAYLOAD', hash, PLAIN.chunks[1] ?? '')).toBe(false)
})
