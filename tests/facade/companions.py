"""The names that applications use beside the documented ones, and the few of our own; written as in `manifest`."""

from __future__ import annotations

from tests.facade.manifest import Name

COMPANIONS = (
    Name("asab.__version__"),
    Name("asab.LOG_NOTICE", layer="asab_log.LOG_NOTICE"),
    Name("asab.log.LOG_NOTICE", layer="asab_log.LOG_NOTICE"),
    Name("asab.ConfigObject", "(config_section_name, config=None)", layer="asab_config.ConfigObject"),
    Name("asab.ConfigObject.ConfigDefaults"),
    Name("asab.config.ConfigObject", layer="asab_config.ConfigObject"),
    Name("asab.config.Config", layer="asab_config.Config"),
    Name("asab.Config.getseconds", "(section, option)"),
    Name("asab.Config.getmultiline", "(section, option)"),
    Name("asab.Config.geturl", "(section, option)"),
    Name("asab.Application.create_argument_parser", "(**kwargs)"),
    Name("asab.Application.parse_arguments", "(args=None)"),
    Name("asab.Application.time", "()"),
    Name("asab.Application._register_service", "(service)"),
    Name("asab.pubsub.PubSub", layer="asab_pubsub.PubSub"),
    Name("asab.pubsub.Subscriber", layer="asab_pubsub.Subscriber"),
    Name("asab.pubsub.subscribe", layer="asab_pubsub.subscribe"),
    Name("asab.PubSub.publish_threadsafe", "(message_type, *args, **kwargs)"),
    Name("asab.abc.singleton.Singleton.delete", "()"),
    # Proactor, metrics
    Name("asab.proactor.Module", "(app)", layer="asab_app.proactor.Module", base="asab.Module"),
    Name("asab.proactor.ProactorService", layer="asab_app.proactor.ProactorService", base="asab.Service"),
    Name("asab.proactor.ProactorService.execute", "(func, *args)", coroutine=True),
    Name("asab.metrics.Metrics.create_gauge", "(name, tags=None, init_values=None)"),
    Name("asab.metrics.Metrics.create_counter", "(name, tags=None, init_values=None, reset=True)"),
    Name("asab.metrics.Metrics.create_duty_cycle", "(loop, name, tags=None, init_values=None)"),
    Name("asab.metrics.Metrics.create_eps_counter", "(name, tags=None, init_values=None)"),
    Name("asab.metrics.Metrics.create_histogram", "(name, *, buckets)"),
    Name("asab.metrics.Metrics.add_target", "(target)"),
    # Web
    Name("asab.web.WebService", layer="asab_web.WebService"),
    Name(
        "asab.web.WebContainer",
        "(websvc, config_section_name, config=None)",
        layer="asab_web.WebContainer",
        base="asab.ConfigObject",
    ),
    Name("asab.web.StaticDirProvider", "(webapp, root, path, index='index.html')", layer="asab_web.StaticDirProvider"),
    Name(
        "asab.web.WebSocketFactory",
        "(app, *, timeout=10.0, protocols=(), compress=True, max_msg_size=4194304)",
        layer="asab_web.WebSocketFactory",
    ),
    Name("asab.web.WebSocketFactory.on_request", "(request)", coroutine=True),
    Name("asab.web.WebSocketFactory.on_message", "(request, websocket, message)", coroutine=True),
    Name("asab.web.WebSocketFactory.on_close", "(request, websocket)", coroutine=True),
    Name("asab.web.WebSocketFactory.send_parallely", "(coroutines)"),
    Name(
        "asab.web.rest.json_response",
        "(request, data, pretty=None, dumps=..., **kwargs)",
        layer="asab_web.rest.json_response",
    ),
    Name(
        "asab.web.rest.JsonExceptionMiddleware",
        "(request, handler)",
        layer="asab_web.rest.JsonExceptionMiddleware",
        coroutine=True,
    ),
    Name("asab.web.rest.json_schema_handler", "(schema)", layer="asab_web.rest.json_schema_handler"),
    Name("asab.web.rest.typed_handler", "(handler=None, *, status=200)", layer="asab_web.rest.typed_handler"),
    Name(
        "asab.web.session.ServiceWebSession.__init__",
        "(app, name, webapp, session_storage=None, session_class=None)",
    ),
    Name("asab.web.session.Session", "(storage, id, new, max_age=None)", layer="asab_web.session.Session"),
    Name("asab.web.session.Session.is_new", "()"),
    Name("asab.web.session.Session.is_expired", "()"),
    # Message queues
    Name(
        "asab.mom.amqp.AMQPBroker.__init__",
        "(app, accept_replies=False, task_service=None, config_section_name='asab:mom:amqp', config=None)",
    ),
    Name("asab.mom.amqp.AMQPBroker.subscribe", "(name, /, *, exchange=..., routing_key=...)"),
)

ATTRIBUTES = {
    "asab.Application": ("LaunchTime",),
    "asab.ConfigObject": ("Config",),
    "asab.metrics.Metrics": ("Metrics", "MemstorTarget"),
    "asab.web.WebContainer": ("WebApp",),
    "asab.web.WebSocketFactory": ("WebSockets",),
    "asab.web.session.Session": ("Id", "Created", "MaxAge", "Storage"),
}

SERVICES = ("asab.MetricsService", "asab.ProactorService")

# Names of our own that the facade hands on beside them.
OURS = (
    Name("asab.testing.RecordingPubSub", layer="asab_pubsub.testing.RecordingPubSub", base="asab.PubSub"),
    Name("asab.testing.VirtualLoop", "()", layer="asab_utils.testing.VirtualLoop"),
    Name(
        "asab.testing.VirtualRun",
        "(application_class, *, args=(), config=None)",
        layer="asab_app.testing.VirtualRun",
    ),
    Name("asab.config.ConfigError", layer="asab_config.ConfigError"),
    Name("asab.log.JsonFormatter", "()", layer="asab_log.JsonFormatter", base="asab.log.StructuredDataFormatter"),
    Name("asab.log.context", "(**struct_data)", layer="asab_log.context"),
    Name("asab.log.get_logger", "(name)", layer="asab_log.get_logger"),
    *(
        Name(f"asab.metrics.{name}", layer=f"asab_app.metrics.{name}")
        for name in (
            "Counter",
            "Distribution",
            "DutyCycle",
            "Family",
            "Gauge",
            "Histogram",
            "Metric",
            "Point",
            "RateCounter",
            "Sample",
            "Target",
        )
    ),
    Name("asab.metrics.Metrics.add_source", "(source)"),
    Name("asab.metrics.Metrics.collect", "()"),
    Name("asab.metrics.Metrics.flush", "()"),
    Name("asab.metrics.Metrics.snapshot", "()"),
    Name("asab.metrics.Metric.labels", "(**labels)"),
    Name("asab.mom.Broker", layer="asab_mom.Broker"),
    Name("asab.mom.MOMService", layer="asab_mom.MOMService"),
    Name("asab.web.session.InMemorySessionStorage", layer="asab_web.session.InMemorySessionStorage"),
    Name("asab.web.session.Session.invalidate", "()"),
    Name("asab.web.session.Session.rotate", "()"),
    Name("asab.web.session.SessionCookie", layer="asab_web.session.SessionCookie"),
    Name("asab.web.session.SessionStorage", layer="asab_web.session.SessionStorage"),
    Name("asab.web.session.SessionStorageError", layer="asab_web.session.SessionStorageError"),
    Name("asab.web.session.SessionTooLargeError", layer="asab_web.session.SessionTooLargeError"),
    Name("asab.mom.BusyError", layer="asab_mom.BusyError", base="asab.mom.PublishError"),
    Name("asab.mom.Inbox", layer="asab_mom.Inbox"),
    Name("asab.mom.Message", layer="asab_mom.Message"),
    Name("asab.mom.UnroutableError", layer="asab_mom.UnroutableError", base="asab.mom.PublishError"),
    Name("asab.mom.decode_json", layer="asab_mom.decode_json"),
    Name("asab.mom.CallError", layer="asab_mom.CallError"),
    Name("asab.mom.CallFailedError", layer="asab_mom.CallFailedError", base="asab.mom.CallError"),
    Name("asab.mom.CallTimeoutError", layer="asab_mom.CallTimeoutError", base="asab.mom.CallError"),
    Name("asab.mom.Faults", layer="asab_mom.Faults"),
    Name("asab.mom.MemoryBroker", layer="asab_mom.MemoryBroker", base="asab.mom.broker.Broker"),
    Name("asab.web.EventStream", layer="asab_web.EventStream"),
    Name(
        "asab.web.EventStreamFactory",
        "(app, *, keep_alive=15.0, backlog=100, history=100, limit=0)",
        layer="asab_web.EventStreamFactory",
    ),
    Name("asab.mom.Properties", layer="asab_mom.Properties"),
    Name("asab.mom.PublishError", layer="asab_mom.PublishError"),
    Name("asab.mom.Broker.call", "(target, body, *, timeout=...)", coroutine=True),
)
