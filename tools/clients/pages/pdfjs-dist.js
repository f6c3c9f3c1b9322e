import { GlobalWorkerOptions, getDocument } from 'pdfjs-dist'

GlobalWorkerOptions.workerSrc = '/pdf-worker.mjs'

window.operations = {
  read: async ({ url }) => {
    const document = await getDocument({
      url: `${url}/document.pdf`,
      disableAutoFetch: true,
      disableStream: true,
    }).promise
    const page = await document.getPage(1)
    return { pages: document.numPages, view: page.view }
  },
}
