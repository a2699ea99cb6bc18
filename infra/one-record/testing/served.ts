import { client } from './client.ts'
import { serve, startStore, type Served } from './serve.ts'

/** One application on a store of its own, and requests to it: what most tests of a file share. */
export type ServedOnStore = { readonly minio: Awaited<ReturnType<typeof startStore>>; readonly server: Served; readonly api: ReturnType<typeof client>; /** Ends both. */ stop(): Promise<void> }

/** @throws what attaching throws */
export const startServed = async (): Promise<ServedOnStore> => {
  const minio = await startStore()
  const server = await serve(minio)
  return {
    minio, server, api: client(server),
    stop: async () => {
      await server.stop()
      await minio.stop()
    },
  }
}
