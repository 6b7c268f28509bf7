class ServiceMyProtocolServer(asab.StreamSocketServerService):

	async def initialize(self, app):

	host = asab.Config.get(‘http’, ‘host’)
port = asab.Config.getint(‘http’, ‘port’)

L.debug(“Starting server on {} {} …”.format(host, port))
await self.create_server(app, MyProtocol, [(host, port)])
