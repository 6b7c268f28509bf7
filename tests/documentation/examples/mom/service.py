from asab.mom import Module
self.add_module(Module)
svc = self.get_service("asab.MOMService")
