// @ts-check
/**
 * @module
 * Upload, list, download and delete with the official SDK, as any page would that uses COS.
 */

import { byId, make } from './dom.js'

/** The SDK wants a bucket and a region; with `Domain` they are part of no URL. */
const PLACE = { Bucket: 'demo-1250000000', Region: 'local' }
const MB = 1024 * 1024
/** Larger files go up in parts. In bytes. */
const SLICE_SIZE = 5 * MB
/** COS's smallest part, so that there are several preflights to see. In bytes. */
const CHUNK_SIZE = MB
const PREFIX = 'uploads/'

/**
 * @typedef {{ edge: string, key: { secretId: string, secretKey: string }, isMounted: boolean,
 *   pages: { crossOrigin: string, mounted: string } }} Settings
 */

/** @param {Settings} settings */
export async function showObjects(settings) {
  /** @type {typeof import('cos-js-sdk-v5')} */
  const COS = Reflect.get(globalThis, 'COS')
  const { protocol } = new URL(settings.edge)
  const cos = new COS({
    SecretId: settings.key.secretId,
    SecretKey: settings.key.secretKey,
    // With the path of the mount, where there is one.
    Domain: settings.edge.slice(`${protocol}//`.length),
    Protocol: protocol,
    // Never to COS itself, should the edge not answer.
    AutoSwitchHost: false,
  })
  const note = byId('objects-note')

  async function list() {
    const { Contents, IsTruncated } = await cos.getBucket({ ...PLACE, MaxKeys: 1000 })
    byId('objects').replaceChildren(...Contents.map(row))
    note.textContent =
      IsTruncated === 'true' ? 'The first 1000 objects.' : Contents.length ? '' : 'No objects.'
  }

  /** @param {import('cos-js-sdk-v5').CosObject} object */
  function row({ Key, Size }) {
    const link = make('a', Key)
    link.href = `${settings.edge}/${Key.split('/').map(encodeURIComponent).join('/')}`
    link.target = '_blank'
    link.rel = 'noopener'
    const size = make('span', bytes(Number(Size)))
    size.className = 'size'
    const download = button('Download', `Download ${Key}`, () => save(Key))
    const remove = button('Delete', `Delete ${Key}`, async () => {
      await cos.deleteObject({ ...PLACE, Key })
      await list()
    })
    const item = make('li')
    item.append(link, size, download, remove)
    return item
  }

  /** @param {string} key */
  async function save(key) {
    const { Body } = await cos.getObject({ ...PLACE, Key: key, DataType: 'blob' })
    const link = make('a')
    link.href = URL.createObjectURL(/** @type {Blob} */ (/** @type {unknown} */ (Body)))
    link.download = key.slice(key.lastIndexOf('/') + 1)
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
  }

  /** @param {File} file */
  async function upload(file) {
    const name = make('span', file.name)
    const state = make('span', 'waiting')
    const progress = make('progress')
    progress.setAttribute('aria-label', `Upload of ${file.name}`)
    progress.value = 0
    const item = make('li')
    item.append(name, state, progress)
    byId('uploads').prepend(item)
    try {
      await cos.uploadFile({
        ...PLACE,
        Key: PREFIX + file.name,
        Body: file,
        SliceSize: SLICE_SIZE,
        ChunkSize: CHUNK_SIZE,
        onProgress({ percent, speed }) {
          progress.value = percent
          state.textContent = `${Math.floor(percent * 100)} % · ${bytes(speed)}/s`
        },
      })
      item.className = 'done'
      progress.value = 1
      state.textContent = `${bytes(file.size)} uploaded`
    } catch (problem) {
      item.className = 'failed'
      state.textContent = reason(problem)
    }
  }

  /**
   * Runs `action` while its button is busy; an error is shown below the list.
   *
   * @param {() => Promise<void>} action
   * @param {HTMLButtonElement} [from]
   */
  async function act(action, from) {
    if (from) from.disabled = true
    note.classList.remove('bad')
    try {
      await action()
    } catch (problem) {
      note.textContent = reason(problem)
      note.classList.add('bad')
    } finally {
      if (from) from.disabled = false
    }
  }

  /**
   * @param {string} text
   * @param {string} label
   * @param {() => Promise<void>} action
   */
  function button(text, label, action) {
    const element = make('button', text)
    element.type = 'button'
    element.setAttribute('aria-label', label)
    element.addEventListener('click', () => act(action, element))
    return element
  }

  /** @param {Iterable<File>} files */
  const uploadAll = files =>
    act(async () => {
      await Promise.all(Array.from(files, upload))
      await list()
    })

  const input = /** @type {HTMLInputElement} */ (byId('file'))
  input.addEventListener('change', async () => {
    await uploadAll(input.files ?? [])
    input.value = ''
  })
  // Anywhere on the page: a file dropped beside the field would otherwise replace the page.
  for (const type of ['dragenter', 'dragover', 'dragleave', 'drop']) {
    document.addEventListener(type, event => {
      event.preventDefault()
      byId('drop').classList.toggle('over', type === 'dragenter' || type === 'dragover')
    })
  }
  document.addEventListener('drop', event => uploadAll(event.dataTransfer?.files ?? []))
  byId('reload').addEventListener('click', () => act(list))
  await act(list)
}

/**
 * What the SDK throws is an object with a message; a refusal is always "CORS blocked or network error".
 *
 * @param {unknown} problem
 */
const reason = problem =>
  typeof problem === 'object' && problem !== null && 'message' in problem
    ? String(problem.message)
    : String(problem)

/** @param {number} count */
function bytes(count) {
  if (count < 1000) return `${Math.round(count)} B`
  const [size, unit] = count < 1e6 ? [count / 1e3, 'kB'] : [count / 1e6, 'MB']
  return `${size.toFixed(size < 10 ? 1 : 0)} ${unit}`
}
