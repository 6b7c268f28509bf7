import logging
L = logging.getLogger(__name__)

...

L.info("Hello world!")
