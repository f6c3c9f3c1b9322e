import * as FilePond from 'filepond'

window.operations = {
  'presigned-put': ({ prepared }) =>
    new Promise((done, fail) => {
      const input = document.body.appendChild(document.createElement('input'))
      input.type = 'file'
      const file = new File(['text of an object'], 'file.txt', { type: 'image/png' })
      const pond = FilePond.create(input, {
        server: { process: { url: prepared.put, method: 'PUT', ondata: () => file }, revert: null },
        onprocessfile: (error, item) =>
          error ? fail(new Error(`${error.code} ${error.body}`)) : done(item.status),
        onerror: error => fail(new Error(`${error.code} ${error.body}`)),
      })
      pond.addFile(file)
    }),
}
