class MyService(asab.Service):

    def __init__(self, app, service_name):
        super().__init__(app, service_name)
        ...

    async def initialize(self, app):
        ...

    async def finalize(self, app):
        ...

    def service_method(self):
        ....
