from asab.web import Module
self.add_module(Module)
svc = self.get_service("asab.WebService")
