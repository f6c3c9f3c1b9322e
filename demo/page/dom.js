// @ts-check
/**
 * @module
 * Two short names for what the page does with its document all the time.
 */

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id)
  if (!element) throw new Error(`The page has no element "${id}".`)
  return element
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [text]
 */
export function make(tag, text = '') {
  const element = document.createElement(tag)
  element.textContent = text
  return element
}
