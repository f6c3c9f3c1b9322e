/**
 * @module
 * The region that the demo bucket answers with (COS "HEAD Bucket"). No real bucket has it.
 */

export const DEMO_REGION = 'edge-preflight-demo'
