/**
 * @module
 * The page's start: the state of the link, a session with it, and the link kept up to date.
 */

import { render } from 'preact'
import { readFragment, writeFragment } from './fragment.ts'
import { Session, type View } from './session.ts'
import type { State } from './state.ts'
import { App } from './views/app.tsx'

const root = document.getElementById('page')
/** The fragment that this page wrote itself, or that could not be read. */
let known = location.hash

const show = (view: View) => {
  if (root !== null) render(<App view={view} session={session} onShare={share} />, root)
}

/** Puts the state into the address. What could not be read is not overwritten before the person does something. */
async function remember(state: State): Promise<void> {
  if (state === unchanged) return
  const fragment = await writeFragment(state)
  if (state !== session.view.state || fragment === null) return
  known = fragment
  history.replaceState(null, '', fragment)
}

const session = new Session(show, state => void remember(state))
/** The state that the address stands for already. */
let unchanged: State = session.view.state

async function load(): Promise<void> {
  const read = await readFragment(location.hash)
  const isState = read !== 'none' && !('problem' in read)
  const notice =
    read !== 'none' && 'problem' in read ? { text: `${read.problem} It is ignored.`, undo: false } : null
  // What can't be read takes nothing away from what stands here.
  const answered = session.update(isState ? read : {}, notice)
  unchanged = session.view.state
  await answered
}

async function share(): Promise<void> {
  const fragment = await writeFragment(session.view.state)
  if (fragment === null) return session.notify('The rules are too large for a link.')
  known = fragment
  history.replaceState(null, '', fragment)
  try {
    await navigator.clipboard.writeText(location.href)
    session.notify('The link is copied. All that stands here is in it.')
  } catch {
    session.notify('The address of this page is the link: copy it from the address bar.')
  }
}

addEventListener('hashchange', () => {
  if (location.hash !== known) void load()
})
void load()
