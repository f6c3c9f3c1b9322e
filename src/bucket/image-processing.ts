/**
 * @module
 * The grammar of image processing that only reads: one object in, its transformed image out. Operations are listed by
 * name. Pipes, saving, callbacks and percent-encoding are outside the grammar, so no encoding can hide them.
 * Sources: COS "Basic image processing" (imageMogr2, imageView2); OSS, TOS and OBS "image/…" operations.
 */

import type { DialectName } from '../cors/dialect.ts'

/** The longest operation text that is read, in characters. */
const MAX_LENGTH = 512

/** COS: operations with one value, as in `imageMogr2/thumbnail/200x/format/webp`. */
const MOGR_VALUES: ReadonlySet<string> = new Set([
  ...['thumbnail', 'cut', 'crop', 'scrop', 'iradius', 'rradius', 'gravity', 'dx', 'dy', 'rotate', 'flip'],
  ...['format', 'cgif', 'interlace', 'quality', 'rquality', 'lquality', 'size-limit'],
  ...['blur', 'bright', 'contrast', 'sharpen', 'grayscale', 'pad', 'color', 'minsize', 'ignore-error'],
])
/** COS: operations without a value. */
const MOGR_FLAGS: ReadonlySet<string> = new Set(['auto-orient', 'strip'])
/** COS: `imageView2/<mode>/…`. */
const VIEW_VALUES: ReadonlySet<string> = new Set(['w', 'h', 'format', 'q', 'rq', 'lq', 'interlace'])
/** COS: operations that stand alone and return information, or a smaller file. */
const ALONE: ReadonlySet<string> = new Set(['imageInfo', 'imageAve', 'imageSlim', 'exif'])
/** A value of COS: sizes, percentages, formats, colours. */
const COS_VALUE = /^[\w.!x-]{1,64}$/

/** `image/<operation>[,<key>_<value>]…` in one of these parameters: OSS, TOS, OBS. */
const PROCESS_PARAMETERS: ReadonlySet<string> = new Set(['x-oss-process', 'x-tos-process', 'x-image-process'])
const PROCESS_OPERATIONS: ReadonlySet<string> = new Set([
  ...['resize', 'crop', 'indexcrop', 'circle', 'rounded-corners', 'rotate', 'flip', 'auto-orient'],
  ...[
    'blur',
    'bright',
    'contrast',
    'sharpen',
    'grey',
    'format',
    'quality',
    'interlace',
    'info',
    'average-hue',
  ],
])
/** Options are `w_200`, or a bare value as in `format,webp`. */
const PROCESS_OPTION = /^[A-Za-z0-9_.-]{1,64}$/

/**
 * True if one parameter of a query, as written, is image processing that only reads.
 *
 * @param parameter such as `imageMogr2/thumbnail/200x`, or `x-oss-process=image/resize,w_200`
 */
export function isImageProcessing(parameter: string, dialect: DialectName): boolean {
  if (parameter.length > MAX_LENGTH) return false
  return dialect === 'cos' ? isCosProcessing(parameter) : isNamedProcessing(parameter)
}

function isCosProcessing(parameter: string): boolean {
  const [operation, ...parts] = parameter.split('/')
  if (operation === 'imageMogr2') return parts.length > 0 && isPairs(parts, MOGR_VALUES, MOGR_FLAGS)
  if (operation === 'imageView2') {
    const [mode = '', ...pairs] = parts
    return /^[0-5]$/.test(mode) && isPairs(pairs, VIEW_VALUES, new Set())
  }
  return parts.length === 0 && ALONE.has(operation ?? '')
}

/** True if the parts are listed names, each followed by its value unless it is a flag. */
function isPairs(parts: readonly string[], values: ReadonlySet<string>, flags: ReadonlySet<string>): boolean {
  for (let at = 0; at < parts.length; at++) {
    const name = parts[at] ?? ''
    if (flags.has(name)) continue
    if (!values.has(name) || !COS_VALUE.test(parts[++at] ?? '')) return false
  }
  return true
}

function isNamedProcessing(parameter: string): boolean {
  const equals = parameter.indexOf('=')
  if (equals < 0 || !PROCESS_PARAMETERS.has(parameter.slice(0, equals))) return false
  const [kind, ...operations] = parameter.slice(equals + 1).split('/')
  return (
    kind === 'image' &&
    operations.length > 0 &&
    operations.every(text => {
      const [operation = '', ...options] = text.split(',')
      return PROCESS_OPERATIONS.has(operation) && options.every(option => PROCESS_OPTION.test(option))
    })
  )
}
