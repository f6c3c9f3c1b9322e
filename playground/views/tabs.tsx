/**
 * @module
 * The two tabs, as the ARIA pattern has them: one stop of the Tab key, arrows between them.
 */

import { useRef } from 'preact/hooks'
import { TABS, type Tab } from '../state.ts'

const TITLES: Readonly<Record<Tab, string>> = {
  explain: 'Explain a request',
  compare: 'Compare two rule sets',
}

/** How far each key goes; Home and End go to the ends. */
const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 }

export function Tabs({ tab, onTab }: { tab: Tab; onTab: (tab: Tab) => void }) {
  const list = useRef<HTMLDivElement>(null)
  const onKey = (event: KeyboardEvent) => {
    const at = TABS.indexOf(tab)
    const step = STEPS[event.key]
    const to =
      step !== undefined
        ? (at + step + TABS.length) % TABS.length
        : event.key === 'Home'
          ? 0
          : event.key === 'End'
            ? TABS.length - 1
            : -1
    const next = TABS[to]
    if (next === undefined) return
    event.preventDefault()
    onTab(next)
    list.current?.querySelector<HTMLButtonElement>(`#tab-${next}`)?.focus()
  }
  return (
    <div class="tabs" role="tablist" aria-label="What to do" ref={list} onKeyDown={onKey}>
      {TABS.map(name => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`tab-${name}`}
          aria-selected={name === tab}
          aria-controls={name === tab ? 'panel' : undefined}
          tabIndex={name === tab ? 0 : -1}
          onClick={() => onTab(name)}
        >
          {TITLES[name]}
        </button>
      ))}
    </div>
  )
}
