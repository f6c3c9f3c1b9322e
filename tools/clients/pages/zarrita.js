import { FetchStore, get, open } from 'zarrita'

const read = async (store, selection) => {
  const array = await open(store, { kind: 'array' })
  const { data } = await get(array, selection)
  return [...data]
}

window.operations = {
  read: ({ url }) => read(new FetchStore(`${url}/array.zarr`), null),
  'read-suffix': ({ url }) => read(new FetchStore(`${url}/array.zarr`, { useSuffixRequest: true }), null),
}
