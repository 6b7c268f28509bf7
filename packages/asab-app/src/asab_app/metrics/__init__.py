"""What an application measures (documentation, chapter Metrics).

The map, from the bottom:

- `metric` - `Metric`: a name, tags, named values, labelled children; `gauge`, `counter`, `rate_counter`, `duty_cycle`,
  `histogram` - its kinds.
- `family` - live values as servers of metrics know them.
- `target` - where flushed values go: `memstor` - memory; `log` - the log; `influxdb` - a server of InfluxDB, by the
  lines of `_line_protocol`; `_targets` - those of the configuration.
- `_built_in` - what is measured without anybody's doing; `_process` - the part of the operating system.
- `service` - `Metrics`, which makes, flushes and shows them; `module` - `Module`, which adds it.
"""

from asab_app.metrics.counter import Counter
from asab_app.metrics.duty_cycle import DutyCycle
from asab_app.metrics.family import Family, Sample
from asab_app.metrics.gauge import Gauge
from asab_app.metrics.histogram import Histogram
from asab_app.metrics.metric import Distribution, Metric, Number
from asab_app.metrics.module import Module
from asab_app.metrics.rate_counter import RateCounter
from asab_app.metrics.service import SERVICE_NAME, Metrics, metrics_of, when_measured
from asab_app.metrics.target import Point, Target

__all__ = [
    "SERVICE_NAME",
    "Counter",
    "Distribution",
    "DutyCycle",
    "Family",
    "Gauge",
    "Histogram",
    "Metric",
    "Metrics",
    "Module",
    "Number",
    "Point",
    "RateCounter",
    "Sample",
    "Target",
    "metrics_of",
    "when_measured",
]
