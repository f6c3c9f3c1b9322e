// @ts-check
/**
 * Runs one fetch for the page, from the origin "null" that a sandboxed frame has. A classic script: a module
 * would itself need CORS here.
 */
addEventListener('message', async ({ source, data: { url, method, headers } }) => {
  if (source !== parent) return
  let text = `origin: ${origin}\n\nawait fetch('${url}', ${JSON.stringify({ method, headers }, null, 2)})\n\n`
  try {
    const response = await fetch(url, { method, headers })
    text += `${response.status} ${response.statusText}`
  } catch (problem) {
    text += problem
  }
  parent.postMessage(text, '*')
})
