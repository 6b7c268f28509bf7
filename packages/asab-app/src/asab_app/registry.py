"""`Registry`: the modules and services of an application, found by class and by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from asab_app._components import Components
from asab_app.health import Health
from asab_app.inspection import Inspection
from asab_app.module import Module
from asab_app.work import Work

if TYPE_CHECKING:
    from asab_app.application import Application
    from asab_app.service import Service

M = TypeVar("M", bound=Module)


class Registry(Work):
    """The part of `Application` that holds its parts (documentation, chapters Module registry, Service registry).

    Attributes:
        Modules: The modules, in the order in which they were added.
        Services: The services by name.
        Health: What of it is down.
        Inspection: What it has to show of its inside.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        app = cast("Application", self)
        self.Modules: list[Module] = []
        self.Services: dict[str, Service] = {}
        self._components = Components(app)
        self._running = False
        self.Health: Health = Health(app)
        self.Inspection: Inspection = Inspection(app)

    def add_module(self, module_class: type[M]) -> M:
        """Make a module and register it; of a class that is there already the first one is returned.

        In run-time the module and its services are started soon after, and a failure stops the application.

        Args:
            module_class: Called with the application.
        """
        for module in self.Modules:
            if type(module) is module_class:
                return module
        module = module_class(cast("Application", self))
        self.Modules.append(module)
        self._add_component(module)
        return module

    def get_service(self, service_name: str) -> Any:
        """Return the service of a name.

        Raises:
            KeyError: If there is none.
        """
        try:
            return self.Services[service_name]
        except KeyError:
            known = ", ".join(sorted(self.Services)) or "none"
            raise KeyError(f"no service {service_name!r} is registered; known: {known}") from None

    def _register_service(self, service: Service) -> None:
        other = self.Services.setdefault(service.Name, service)
        if other is not service:
            raise ValueError(f"{service!r} cannot be the service {service.Name!r}: {other!r} is")
        self._add_component(service)

    def _add_component(self, component: Module | Service) -> None:
        if self._running and not self._components:
            self._supervisor.start(self._components.start(), "the start of what was added", vital=True)
        self._components.add(component)
