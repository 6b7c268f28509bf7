svc = app.get_service("service_sample")
svc.hello()
