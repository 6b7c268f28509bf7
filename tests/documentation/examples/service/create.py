mysvc = MyService(app, "my_service")
