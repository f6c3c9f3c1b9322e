import Dropzone from 'dropzone'

window.operations = {
  'presigned-put': ({ prepared }) =>
    new Promise((done, fail) => {
      const element = document.body.appendChild(document.createElement('div'))
      const dropzone = new Dropzone(element, {
        url: prepared.put,
        method: 'PUT',
        binaryBody: true,
        createImageThumbnails: false,
      })
      dropzone.on('success', file => done(file.status))
      dropzone.on('error', (_file, message, xhr) =>
        fail(new Error(`${xhr?.status ?? ''} ${message.message ?? message}`)),
      )
      dropzone.addFile(new File(['text of an object'], 'file.txt', { type: 'image/png' }))
    }),
}
