mysvc = app.get_service("my_service")
mysvc.service_method()
