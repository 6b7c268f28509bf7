asyncio.ensure_future(my_coro(), loop=Application.Loop)
