class MyApplication(asab.Application):
    async def finalize(self):
        # Custom finalization
        ...
