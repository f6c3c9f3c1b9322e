/** URLs that a server has presigned: `prepared` has one for each operation. */
const Body = new Blob(['text of an object'], { type: 'image/png' })

window.operations = {
  'presigned-put': async ({ prepared }) => {
    const { status } = await fetch(prepared.put, { method: 'PUT', body: Body })
    if (status !== 200) throw new Error(`status ${status}`)
    return status
  },
  'presigned-get': async ({ prepared }) => {
    const response = await fetch(prepared.get)
    if (response.status !== 200) throw new Error(`status ${response.status}`)
    return await response.text()
  },
  'post-form': async ({ prepared }) => {
    const form = new FormData()
    for (const [name, value] of Object.entries(prepared.form.fields)) form.append(name, value)
    form.append('file', Body, 'file.txt')
    const { status } = await fetch(prepared.form.url, { method: 'POST', body: form })
    if (status >= 300) throw new Error(`status ${status}`)
    return status
  },
}
