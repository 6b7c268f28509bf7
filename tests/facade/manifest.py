"""Every name of the documentation at its place, with its parameters.

A signature is written as the documentation gives it, without `self`; where its text says more than the heading (a
constructor's example, a default in a sentence), the signature here says it. `...` as a default means: any.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """A class, function, method or constant.

    Attributes:
        place: Where it is found, dotted, from `asab` on.
        signature: Its parameters; of a class those of its constructor.
        layer: The object of a layer that it is.
        coroutine: Whether it is awaited.
        base: The place of the class that it derives from.
    """

    place: str
    signature: str | None = None
    layer: str | None = None
    coroutine: bool = False
    base: str | None = None


DOCUMENTED = (
    # Application
    Name("asab.Application", layer="asab_app.Application"),
    Name("asab.Application.__init__", "()"),
    Name("asab.Application.initialize", "()", coroutine=True),
    Name("asab.Application.run", "()"),
    Name("asab.Application.main", "()", coroutine=True),
    Name("asab.Application.stop", "(exit_code: int = None)"),
    Name("asab.Application.finalize", "()", coroutine=True),
    Name("asab.Application.set_exit_code", "(exit_code: int, force: bool = False)"),
    Name("asab.Application.add_module", "(module_class)"),
    Name("asab.Application.get_service", "(service_name)"),
    Name("asab.Application.parse_args", "()"),
    Name("asab.Application.Description"),
    # Configuration
    Name("asab.Config", layer="asab_config.Config"),
    Name("asab.Config.add_defaults", "(dictionary)"),
    Name("asab.Config.get", "(section, option)"),
    Name("asab.Config.getint", "(section, option)"),
    Name("asab.config.ConfigParser", layer="asab_config.ConfigParser", base="configparser.ConfigParser"),
    # Logging
    Name(
        "asab.log.AsyncIOHandler",
        "(loop, family, sock_type, address, facility=17)",
        layer="asab_log.AsyncIOHandler",
        base="logging.Handler",
    ),
    Name("asab.log.AsyncIOHandler.emit", "(record)"),
    Name("asab.log.Logging", "(app)", layer="asab_log.Logging"),
    Name("asab.log.Logging.rotate", "()"),
    Name(
        "asab.log.MacOSXSyslogFormatter",
        "(fmt=None, datefmt=None, style='%', sd_id='sd')",
        layer="asab_log.MacOSXSyslogFormatter",
        base="asab.log.StructuredDataFormatter",
    ),
    Name(
        "asab.log.StructuredDataFormatter",
        "(facility=16, fmt=None, datefmt=None, style='%', sd_id='sd')",
        layer="asab_log.StructuredDataFormatter",
        base="logging.Formatter",
    ),
    Name("asab.log.StructuredDataFormatter.empty_sd"),
    Name("asab.log.StructuredDataFormatter.format", "(record)"),
    Name("asab.log.StructuredDataFormatter.formatTime", "(record, datefmt=None)"),
    Name("asab.log.StructuredDataFormatter.render_struct_data", "(struct_data)"),
    Name(
        "asab.log.SyslogRFC3164Formatter",
        "(fmt=None, datefmt=None, style='%', sd_id='sd')",
        layer="asab_log.SyslogRFC3164Formatter",
        base="asab.log.StructuredDataFormatter",
    ),
    Name(
        "asab.log.SyslogRFC5424Formatter",
        "(fmt=None, datefmt=None, style='%', sd_id='sd')",
        layer="asab_log.SyslogRFC5424Formatter",
        base="asab.log.StructuredDataFormatter",
    ),
    Name("asab.log.SyslogRFC5424Formatter.empty_sd"),
    # Metrics
    Name("asab.metrics.Metrics", "(app)", layer="asab_app.metrics.Metrics"),
    Name("asab.metrics.Module", "(app)", layer="asab_app.metrics.Module", base="asab.abc.module.Module"),
    # Publish-Subscribe
    Name("asab.PubSub", "(app)", layer="asab_pubsub.PubSub"),
    Name("asab.PubSub.subscribe", "(message_type, callback)"),
    Name("asab.PubSub.subscribe_all", "(obj)"),
    Name("asab.PubSub.unsubscribe", "(message_type, callback)"),
    Name("asab.PubSub.publish", "(message_type, *args, **kwargs)"),
    Name("asab.subscribe", "(message_type)", layer="asab_pubsub.subscribe"),
    Name("asab.Subscriber", "(pubsub=None, *message_types)", layer="asab_pubsub.Subscriber"),
    Name("asab.Subscriber.message", "()", coroutine=True),
    Name("asab.Subscriber.subscribe", "(pubsub, message_type)"),
    # Service
    Name("asab.Service", "(app, service_name=None)", layer="asab_app.Service"),
    Name("asab.Service.initialize", "(app)", coroutine=True),
    Name("asab.Service.finalize", "(app)", coroutine=True),
    Name("asab.abc.service.Service", layer="asab_app.Service"),
    # Module
    Name("asab.Module", "(app)", layer="asab_app.Module"),
    Name("asab.Module.initialize", "(app)", coroutine=True),
    Name("asab.Module.finalize", "(app)", coroutine=True),
    Name("asab.abc.module.Module", layer="asab_app.Module"),
    # Various utility classes
    Name("asab.Singleton", layer="asab_utils.Singleton", base="builtins.type"),
    Name("asab.abc.singleton.Singleton", layer="asab_utils.Singleton"),
    Name("asab.PersistentDict", layer="asab_utils.PersistentDict"),
    Name(
        "asab.pdict.PersistentDict",
        "(path)",
        layer="asab_utils.pdict.PersistentDict",
        base="collections.abc.MutableMapping",
    ),
    Name("asab.pdict.PersistentDict.load", "(*keys)"),
    Name("asab.pdict.PersistentDict.update", "(other=..., /, **kwds)"),
    Name("asab.Timer", layer="asab_utils.Timer"),
    Name("asab.timer.Timer", "(app, handler, autorestart=False)", layer="asab_utils.timer.Timer"),
    Name("asab.timer.Timer.is_started", "()"),
    Name("asab.timer.Timer.restart", "(timeout)"),
    Name("asab.timer.Timer.start", "(timeout)"),
    Name("asab.timer.Timer.stop", "()"),
    # Sockets
    Name("asab.StreamSocketServerService", layer="asab_app.StreamSocketServerService"),
    Name(
        "asab.socket.StreamSocketServerService",
        "(app)",
        layer="asab_app.socket.StreamSocketServerService",
        base="asab.abc.service.Service",
    ),
    Name("asab.socket.StreamSocketServerService.create_server", "(app, protocol, addrs)", coroutine=True),
    Name("asab.socket.StreamSocketServerService.finalize", "(app)", coroutine=True),
    # The web server
    Name("asab.web.Module", "(app)", layer="asab_web.Module", base="asab.Module"),
    Name("asab.web.service.WebService", layer="asab_web.WebService", base="asab.Service"),
    Name("asab.web.session.ServiceWebSession", layer="asab_web.session.ServiceWebSession", base="asab.Service"),
    Name("asab.web.session.session_middleware", "(storage)", layer="asab_web.session.session_middleware"),
    # The message-oriented middleware
    Name("asab.mom.Module", "(app)", layer="asab_mom.Module", base="asab.Module"),
    Name("asab.mom.service.MOMService", layer="asab_mom.MOMService", base="asab.Service"),
    Name("asab.mom.broker.Broker", layer="asab_mom.Broker"),
    Name("asab.mom.broker.Broker.publish", "(body, target: str = '', correlation_id: str = None)", coroutine=True),
    Name("asab.mom.broker.Broker.subscribe", "(subscription: str)"),
    Name("asab.mom.broker.Broker.add", "(target: str, handler, reply_to: str = None)"),
    Name(
        "asab.mom.amqp.AMQPBroker",
        "(app, *, config_section_name=...)",
        layer="asab_mom.amqp.AMQPBroker",
        base="asab.mom.broker.Broker",
    ),
)

# Attributes of objects, by the place of their class; `WebService.Webapp` is the documentation's second spelling.
ATTRIBUTES = {
    "asab.Application": ("Loop", "ExitCode", "Modules", "Services", "Description", "PubSub"),
    "asab.Service": ("Name",),
    "asab.Timer": ("Handler", "Task", "App", "AutoRestart"),
    "asab.web.service.WebService": ("WebApp", "Webapp"),
}

SERVICES = ("asab.WebService", "asab.MOMService")

MESSAGES = (
    "Application.init!",
    "Application.run!",
    "Application.stop!",
    "Application.exit!",
    "Application.tick!",
    "Application.tick/10!",
    "Application.tick/60!",
    "Application.tick/300!",
    "Application.tick/600!",
    "Application.tick/1800!",
    "Application.tick/3600!",
    "Application.tick/43200!",
    "Application.tick/86400!",
    "Application.hup!",
)

OPTIONS = (
    "[general] config_file",
    "[general] include",
    "[general] tick_period",
    "[logging] verbose",
    "[logging:file] path",
    "[logging:file] format",
    "[logging:file] datefmt",
    "[logging:file] backup_count",
    "[logging:syslog] enabled",
    "[logging:syslog] format",
    "[logging:syslog] address",
    "[daemon] pidfile",
    "[daemon] uid",
    "[daemon] gid",
    "[daemon] working_dir",
)

ARGUMENTS = (
    "-h, --help",
    "-c, --config",
    "-v, --verbose",
    "-l, --log-file",
    "-s, --syslog",
    "-d, --daemonize",
    "-k, --kill",
)
