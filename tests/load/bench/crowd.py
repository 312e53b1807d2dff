"""Idle and very slow clients: ``python -m tests.load.bench.crowd HOST PORT NUMBER``.

Every other client stays silent on an open connection; the others send one letter of a header every second and never
end it. Disconnected clients reconnect. Prints a line when all are connected, and ends when its input does.
"""

import asyncio
import sys

_EVERY = 1.0
_BEGINNING = b"GET /admin-volumes?client=1 HTTP/1.1\r\nHost: crowd\r\nX-Slow: "


async def _stand(host: str, port: int, trickles: bool, arrived: asyncio.Semaphore) -> None:
    counted = False
    while True:
        try:
            reader, writer = await asyncio.open_connection(host, port)
            if trickles:
                writer.write(_BEGINNING)
            if not counted:
                counted = True
                arrived.release()
            if trickles:
                await _trickle(writer)
            else:
                await reader.read()
            writer.close()
        except OSError:
            pass
        await asyncio.sleep(_EVERY)


async def _trickle(writer: asyncio.StreamWriter) -> None:
    while not writer.transport.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(_EVERY)


async def _crowd(host: str, port: int, number: int) -> None:
    arrived = asyncio.Semaphore(0)
    people = [asyncio.create_task(_stand(host, port, bool(place % 2), arrived)) for place in range(number)]
    for _ in people:
        await arrived.acquire()
    print("all there", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for person in people:
        person.cancel()


if __name__ == "__main__":
    asyncio.run(_crowd(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
