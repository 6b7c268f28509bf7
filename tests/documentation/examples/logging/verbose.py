asab.Config["logging"]["verbose"]
